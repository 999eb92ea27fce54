using System.Buffers;
using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>What a mini-batch contributes: for every cluster it touched, how many rows joined and their sum.</summary>
public sealed class BatchReduction
{
    BatchReduction(int[] clusters, int[] members, double[] sums) => (Clusters, Members, Sums) = (clusters, members, sums);

    /// <summary>The touched clusters, ascending.</summary>
    public int[] Clusters { get; }

    /// <summary>n_k of each touched cluster; at least 1.</summary>
    public int[] Members { get; }

    /// <summary>Touched x d, row-major: the sum of each touched cluster's rows, added in row order.</summary>
    public double[] Sums { get; }

    /// <summary>The sum of touched cluster number <paramref name="index"/>, d values.</summary>
    public ReadOnlySpan<double> Sum(int index) => Sums.AsSpan(index * (Sums.Length / Clusters.Length), Sums.Length / Clusters.Length);

    /// <summary>Reduces rows to one contribution per touched cluster.</summary>
    /// <param name="embeddings">Rows x d, row-major.</param>
    /// <param name="dimension">d.</param>
    /// <param name="labels">The cluster of each row, 0 to K - 1; a negative one: the row is somebody else's.</param>
    /// <param name="clusterCount">K.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static BatchReduction Of(ReadOnlySpan<float> embeddings, int dimension, ReadOnlySpan<int> labels, int clusterCount)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)labels.Length * dimension);
        var slots = ArrayPool<int>.Shared.Rent(clusterCount);
        try
        {
            var counts = slots.AsSpan(0, clusterCount);
            counts.Clear();
            var touched = 0;
            foreach (var k in labels)
            {
                if (k >= 0 && counts[k]++ == 0)
                    touched++;
            }

            int[] clusters = new int[touched],
                members = new int[touched];
            var slot = 0;
            for (var k = 0; k < clusterCount; k++)
            {
                if (counts[k] == 0)
                    continue;
                clusters[slot] = k;
                members[slot] = counts[k];
                counts[k] = slot++;
            }

            var sums = new double[touched * dimension];
            for (var row = 0; row < labels.Length; row++)
            {
                if (labels[row] >= 0)
                    UnitVector.Add(sums.AsSpan(counts[labels[row]] * dimension, dimension), embeddings.Slice(row * dimension, dimension));
            }

            return new BatchReduction(clusters, members, sums);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(slots);
        }
    }
}
