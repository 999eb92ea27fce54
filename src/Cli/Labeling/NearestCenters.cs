using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Labeling;

/// <summary>Labels of rows by one head's frozen centers.</summary>
/// <param name="Head">The head.</param>
/// <param name="Labels">N clusters.</param>
/// <param name="Sizes">Rows of every cluster.</param>
/// <param name="MeanSimilarity">The mean of x . c over the rows.</param>
sealed record NearestLabels(int Head, int[] Labels, long[] Sizes, double MeanSimilarity);

/// <summary>Gives every row its most similar center, argmax_k x . c_k: eqn 10 without the duals, which belong to the images of the
/// run.</summary>
static class NearestCenters
{
    /// <summary>Labels all rows of a file.</summary>
    /// <param name="features">The rows.</param>
    /// <param name="clustering">The run's options.</param>
    /// <param name="heads">The heads that label.</param>
    /// <param name="centers">Per head of the run: K x d unit rows.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static IReadOnlyList<NearestLabels> Assign(
        FeatureFile features,
        ClusteringOptions clustering,
        IReadOnlyList<int> heads,
        IReadOnlyList<float[]> centers,
        CancellationToken cancellation
    )
    {
        var scorers = heads.Select(head => new Scorer(features.Rows, new HeadPlan(clustering, head), centers[head])).ToArray();
        try
        {
            foreach (var (first, rows, values) in features.Batches())
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var scorer in scorers)
                    scorer.Label(first, rows, values);
            }

            return [.. scorers.Select((scorer, i) => scorer.Result(heads[i]))];
        }
        finally
        {
            foreach (var scorer in scorers)
                scorer.Dispose();
        }
    }

    sealed class Scorer(int images, HeadPlan plan, float[] centers) : IDisposable
    {
        readonly ScoringMatrix _matrix = new(plan, centers); // its duals are 0
        readonly int[] _labels = new int[images];
        readonly long[] _sizes = new long[plan.ClusterCount];
        float[] _similarities = [];
        double _sum;

        public void Label(int first, int rows, ReadOnlyMemory<float> values)
        {
            if (_similarities.Length < rows)
                _similarities = new float[rows];
            var (labels, similarities) = (_labels.AsMemory(first, rows), _similarities.AsMemory(0, rows));
            _matrix.Assign(values, rows, rowClock: 0, labels, similarities, Environment.ProcessorCount);
            foreach (var label in labels.Span)
                _sizes[label]++;
            foreach (var similarity in similarities.Span)
                _sum += similarity;
        }

        public NearestLabels Result(int head) => new(head, _labels, _sizes, _sum / images);

        public void Dispose() => _matrix.Dispose();
    }
}
