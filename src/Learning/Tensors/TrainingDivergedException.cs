using System.Globalization;
using CoKe.Errors;

namespace CoKe.Learning.Tensors;

/// <summary>Loss or embeddings are no numbers any more, nor will they be again. The clustering got nothing of that step.</summary>
public sealed class TrainingDivergedException(string field, string value, string message) : CokeException(field, value, message)
{
    /// <summary>The loss, or a value of an embedding, if it is finite.</summary>
    /// <exception cref="TrainingDivergedException">It is not.</exception>
    internal static float Finite(float value) =>
        float.IsFinite(value)
            ? value
            : throw new TrainingDivergedException(
                "schedule.learning-rate",
                value.ToString(CultureInfo.InvariantCulture),
                $"Training has diverged to {value.ToString(CultureInfo.InvariantCulture)}: "
                    + "begin anew with a smaller schedule.learning-rate, or a longer warm-up."
            );
}
