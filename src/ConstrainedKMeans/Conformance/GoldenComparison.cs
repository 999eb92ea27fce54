namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>
/// Accumulates how far a replay is from what golden files expect: differences of labels and counts, largest errors of everything else.
/// </summary>
public sealed class GoldenComparison
{
    /// <summary>How far duals, centers and soft labels may be off.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>Labels that were compared.</summary>
    public long Labels { get; private set; }

    /// <summary>Labels that differ.</summary>
    public long LabelDifferences { get; private set; }

    /// <summary>Member counts that differ.</summary>
    public long CountDifferences { get; private set; }

    /// <summary>The largest error of a dual.</summary>
    public double DualError { get; private set; }

    /// <summary>The largest error of an element of a center; of the sums of |c| after a batch, the error per element.</summary>
    public double CenterError { get; private set; }

    /// <summary>The largest error of a weight of a soft label, sharpened or not; infinite when labels are missing or superfluous.</summary>
    public double SoftLabelError { get; private set; }

    /// <summary>Whether labels and counts are equal and everything else is within the tolerance.</summary>
    public bool Passes =>
        LabelDifferences == 0 && CountDifferences == 0 && DualError <= Tolerance && CenterError <= Tolerance && SoftLabelError <= Tolerance;

    /// <summary>Compares one head after a mini-batch.</summary>
    /// <param name="expected">The head's state from the file.</param>
    /// <param name="labels">The label of each row.</param>
    /// <param name="duals">rho, K values.</param>
    /// <param name="counts">Members in the epoch so far, K values.</param>
    /// <param name="centersSumAbs">The sum of |c| over the K x d elements of the current centers; null when it is not at hand.</param>
    /// <param name="dimension">d.</param>
    public void CompareBatch(
        GoldenState expected,
        ReadOnlySpan<int> labels,
        ReadOnlySpan<double> duals,
        ReadOnlySpan<long> counts,
        double? centersSumAbs,
        int dimension
    )
    {
        Labels += expected.Labels.Length;
        LabelDifferences += Differences<int>(expected.Labels, labels);
        CountDifferences += Differences<long>(expected.Counts, counts);
        DualError = Math.Max(DualError, LargestError(expected.Duals, duals));
        var elements = (double)expected.Duals.Length * dimension;
        if (centersSumAbs is { } sum)
            CenterError = Worse(CenterError, (expected.CentersSumAbs - sum) / elements);
    }

    /// <summary>Compares one head's frozen centers, K x d, row-major, after an epoch's end; nothing where the file does not say.</summary>
    public void CompareCenters(GoldenEpoch expected, int head, ReadOnlySpan<float> frozenCenters)
    {
        if (expected.FrozenCenters is not { } centers)
            return;
        var widened = new double[frozenCenters.Length];
        UnitVector.Widen(frozenCenters, widened);
        CenterError = Math.Max(CenterError, LargestError(centers[head], widened));
    }

    /// <summary>Compares one image's soft label after an epoch's end, plain and sharpened; nothing where the file does not say.</summary>
    public void CompareSoftLabel(GoldenEpoch expected, int head, int image, SoftLabel actual, double sharpening)
    {
        var plain = expected.SoftLabels is { } weights ? LargestError(weights[head][image], actual.Entries.ToArray()) : 0;
        var sharpened = expected.SharpenedLabels is { } shares ? LargestError(shares[head][image], actual.Sharpened(sharpening)) : 0;
        SoftLabelError = Math.Max(SoftLabelError, Math.Max(plain, sharpened));
    }

    /// <summary>Adds what another comparison found.</summary>
    public void Add(GoldenComparison other)
    {
        Labels += other.Labels;
        LabelDifferences += other.LabelDifferences;
        CountDifferences += other.CountDifferences;
        DualError = Math.Max(DualError, other.DualError);
        CenterError = Math.Max(CenterError, other.CenterError);
        SoftLabelError = Math.Max(SoftLabelError, other.SoftLabelError);
    }

    static double LargestError(WeightedLabel[] expected, WeightedLabel[] actual)
    {
        var sorted = actual.OrderBy(entry => entry.Label).ToArray();
        return expected.Select(entry => entry.Label).SequenceEqual(sorted.Select(entry => entry.Label))
            ? LargestError(Array.ConvertAll(expected, entry => entry.Weight), Array.ConvertAll(sorted, entry => entry.Weight))
            : double.PositiveInfinity;
    }

    static double LargestError(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        if (expected.Length != actual.Length)
            return double.PositiveInfinity;
        var error = 0.0;
        for (var i = 0; i < expected.Length; i++)
            error = Worse(error, expected[i] - actual[i]);
        return error;
    }

    static long Differences<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : IEquatable<T>
    {
        if (expected.Length != actual.Length)
            return Math.Max(expected.Length, actual.Length);
        var differences = 0L;
        for (var i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(actual[i]))
                differences++;
        }

        return differences;
    }

    // NaN is no small error.
    static double Worse(double error, double difference) =>
        double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, Math.Abs(difference));
}
