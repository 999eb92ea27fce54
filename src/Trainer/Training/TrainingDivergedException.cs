using System.Globalization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Training;

/// <summary>The loss is no number any more, nor will it be one again. The clustering got nothing of that step.</summary>
public sealed class TrainingDivergedException(string field, string value, string message, Exception? inner = null) : CokeException(field, value, message, inner)
{
    /// <summary>The loss, if it is finite.</summary>
    /// <exception cref="TrainingDivergedException">It is not.</exception>
    internal static float Unless(float loss) => float.IsFinite(loss) ? loss : throw new TrainingDivergedException(
        "schedule.learning-rate", loss.ToString(CultureInfo.InvariantCulture),
        $"Training has diverged, its loss is {loss.ToString(CultureInfo.InvariantCulture)}: begin anew with a smaller schedule.learning-rate, or a longer warm-up.");
}
