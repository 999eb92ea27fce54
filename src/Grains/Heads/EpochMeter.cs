using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Heads;

/// <summary>What a head observes in one epoch and reports at its end: sizes against their minimum, violation and its bound,
/// similarity.</summary>
sealed class EpochMeter(HeadPlan plan)
{
    readonly double[] _startDuals = new double[plan.ClusterCount];
    double _similaritySum;
    long _rows;

    /// <summary>Sum of x . c over the rows of the epoch so far.</summary>
    public double SimilaritySum => _similaritySum;

    /// <summary>Starts an epoch from the duals at its beginning, or goes on with what it has seen already.</summary>
    public void Open(ReadOnlySpan<double> duals, long rows = 0, double similaritySum = 0)
    {
        duals.CopyTo(_startDuals);
        (_similaritySum, _rows) = (similaritySum, rows);
    }

    /// <summary>Adds one mini-batch's similarities to the assigned centers.</summary>
    public void Add(ReadOnlySpan<float> similarities)
    {
        foreach (var s in similarities)
            _similaritySum += s;
        _rows += similarities.Length;
    }

    /// <summary>The epoch in numbers; label changes are the shards' to count.</summary>
    /// <param name="epoch">t.</param>
    /// <param name="sizes">K: members of the epoch.</param>
    /// <param name="duals">K: duals at its end.</param>
    public HeadReport Close(int epoch, ReadOnlySpan<long> sizes, ReadOnlySpan<double> duals) =>
        HeadReport.Of(
            EpochSummary.Of(plan, epoch, _rows, sizes, _startDuals, duals, _similaritySum, changedLabels: 0),
            changedLabels: null
        );
}
