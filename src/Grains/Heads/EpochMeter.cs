using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Heads;

/// <summary>What a head observes in one epoch and reports at its end: sizes against their minimum, violation and its bound, similarity.</summary>
internal sealed class EpochMeter(HeadPlan plan)
{
    private readonly double[] _startDuals = new double[plan.ClusterCount];
    private double _similaritySum;
    private long _rows;

    /// <summary>Starts an epoch from the duals at its beginning.</summary>
    public void Open(Func<int, double> dualOf)
    {
        for (var k = 0; k < _startDuals.Length; k++) _startDuals[k] = dualOf(k);
        (_similaritySum, _rows) = (0, 0);
    }

    /// <summary>Adds one mini-batch's similarities to the assigned centers.</summary>
    public void Add(ReadOnlySpan<float> similarities)
    {
        foreach (var s in similarities) _similaritySum += s;
        _rows += similarities.Length;
    }

    /// <summary>The epoch in numbers.</summary>
    /// <param name="sizes">K: members of the epoch.</param>
    /// <param name="dualOf">Duals at its end.</param>
    public HeadReport Close(ReadOnlySpan<double> sizes, Func<int, double> dualOf)
    {
        // Minimum sizes are per epoch of N rows; an epoch of fewer rows owes its share, which is what the dual rule asks for (eqn 18).
        var share = (double)_rows / plan.ImageCount;
        double minimum = 0, ratio = double.PositiveInfinity, violation = double.NegativeInfinity, bound = double.NegativeInfinity, largestDual = 0;
        double smallest = double.PositiveInfinity, largest = 0;
        var empty = 0;
        for (var k = 0; k < sizes.Length; k++)
        {
            var gamma = plan.MinimumSize(k) * share;
            var rho = dualOf(k);
            minimum = Math.Max(minimum, gamma);
            if (gamma > 0) ratio = Math.Min(ratio, sizes[k] / gamma);
            violation = Math.Max(violation, gamma - sizes[k]);
            bound = Math.Max(bound, (rho - _startDuals[k]) / plan.DualStepPerMember);
            largestDual = Math.Max(largestDual, rho);
            (smallest, largest) = (Math.Min(smallest, sizes[k]), Math.Max(largest, sizes[k]));
            if (sizes[k] == 0) empty++;
        }

        return new HeadReport(
            plan.ClusterCount, (long)smallest, (long)largest, minimum, ratio, violation, bound, _rows == 0 ? 0 : _similaritySum / _rows, null, empty, largestDual,
            plan.DualLearningRate);
    }
}
