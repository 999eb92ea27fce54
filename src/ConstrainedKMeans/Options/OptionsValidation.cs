using System.Globalization;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>The rules that options must obey, in one place and once per run.</summary>
static class OptionsValidation
{
    /// <summary>Minimum sizes are often written as N / K and summed again: allow what that rounds to.</summary>
    const double Rounding = 1e-9;

    public static void Validate(ClusteringOptions options)
    {
        AtLeast(1, options.ImageCount, nameof(options.ImageCount), "N");
        AtLeast(1, options.Dimension, nameof(options.Dimension), "d");
        AtLeast(1, options.BatchSize, nameof(options.BatchSize), "B");
        var (N, B, d) = (options.ImageCount, options.BatchSize, options.Dimension);
        if ((long)Math.Min(B, N) * d > Array.MaxLength)
        {
            throw Refuse(
                nameof(options.BatchSize),
                B,
                $"BatchSize is {B} with dimension {d}: B d must be at most {Array.MaxLength}; give B of at most {Array.MaxLength / d}."
            );
        }

        AtLeast(1, options.Views, nameof(options.Views), "the number of views");
        AtLeast(1, options.SoftLabelSlots, nameof(options.SoftLabelSlots), "the number of labels in a soft label");
        Positive(options.LabelSharpening, nameof(options.LabelSharpening), "lambda'");
        if (options.StageTwoAfterEpoch is { } epoch)
            AtLeast(0, epoch, nameof(options.StageTwoAfterEpoch), "T'");
        if (options.Heads is not { Count: > 0 })
            throw Refuse(nameof(options.Heads), "none", "Heads is empty: give at least one head.");
        for (var h = 0; h < options.Heads.Count; h++)
        {
            var head = options.Heads[h] ?? throw Refuse($"Heads[{h}]", "null", $"Heads[{h}] is null: give its options.");
            ValidateHead(options, head, $"Heads[{h}].");
        }
    }

    static void ValidateHead(ClusteringOptions options, HeadOptions head, string prefix)
    {
        int N = options.ImageCount,
            K = head.ClusterCount;
        var field = prefix + nameof(head.ClusterCount);
        AtLeast(1, K, field, "K");
        if (K > N)
            throw Refuse(field, K, $"{field} is {K} but there are only {N} images: give K of at most {N}.");
        if ((long)K * options.Dimension > Array.MaxLength)
        {
            throw Refuse(field, K, $"{field} is {K} with dimension {options.Dimension}: K d must be at most {Array.MaxLength}.");
        }

        field = prefix + nameof(head.MinimumSizeRatio);
        var ratio = head.MinimumSizeRatio;
        if (!(ratio is >= 0 and <= 1))
            throw Refuse(field, ratio, $"{field} is {Text(ratio)}: give gamma' from 0 to 1.");

        field = prefix + nameof(head.Margin);
        var margin = head.Margin;
        if (!(margin >= 0 && double.IsFinite(margin)))
        {
            throw Refuse(field, margin, $"{field} is {Text(margin)}: give a finite number of at least 0.");
        }

        if (head.DualLearningRate is { } eta)
            Positive(eta, prefix + nameof(head.DualLearningRate), "eta");
        if (head.DualNormLimit is { } tau)
            Positive(tau, prefix + nameof(head.DualNormLimit), "tau");
        if (head.BatchScheduleEpochs is { } epochs)
            AtLeast(0, epochs, prefix + nameof(head.BatchScheduleEpochs), "the number of epochs");
        Known(head.CenterRule, prefix + nameof(head.CenterRule));
        Known(head.CenterSchedule, prefix + nameof(head.CenterSchedule));
        Known(head.DualClamp, prefix + nameof(head.DualClamp));
        if (head.MinimumSizes is { } sizes)
            ValidateMinimumSizes(head, sizes, N, prefix + nameof(head.MinimumSizes));
        else if (ratio * (1 + margin) > 1 + Rounding)
        {
            throw Refuse(field, margin, $"{field} is {Text(margin)}: with gamma' {Text(ratio)} sizes sum above {N}; give a smaller one.");
        }
    }

    static void ValidateMinimumSizes(HeadOptions head, IReadOnlyList<double> sizes, int N, string field)
    {
        if (sizes.Count != head.ClusterCount)
        {
            throw Refuse(field, sizes.Count, $"{field} has {sizes.Count} values for {head.ClusterCount} clusters: give one per cluster.");
        }

        for (var k = 0; k < sizes.Count; k++)
        {
            if (sizes[k] >= 0 && double.IsFinite(sizes[k]))
                continue;
            throw Refuse($"{field}[{k}]", sizes[k], $"{field}[{k}] is {Text(sizes[k])}: give a finite number of at least 0.");
        }

        var sum = sizes.Sum() * (1 + head.Margin);
        if (sum > N * (1 + Rounding))
        {
            throw Refuse(field, sum, $"{field} sums to {Text(sum)} with its margin but there are only {N} images: give smaller sizes.");
        }
    }

    static void AtLeast(int least, int value, string field, string meaning)
    {
        if (value < least)
            throw Refuse(field, value, $"{field} is {value}: {meaning} must be at least {least}.");
    }

    static void Positive(double value, string field, string meaning)
    {
        if (value > 0 && double.IsFinite(value))
            return;
        throw Refuse(field, value, $"{field} is {Text(value)}: {meaning} must be finite and above 0.");
    }

    static void Known<T>(T value, string field)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw Refuse(field, value, $"{field} is {value}: give one of {string.Join(", ", Enum.GetNames<T>())}.");
    }

    static InvalidOptionsException Refuse(string field, object value, string message) =>
        new(field, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", message);

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
