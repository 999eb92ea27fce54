using System.Buffers;
using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>What a mini-batch contributes: for every cluster it touched, how many rows joined and their sum.</summary>
public sealed class BatchReduction
{
    BatchReduction(int[] clusters, int[] members, int[] rows, double[] sums) =>
        (Clusters, Members, Rows, Sums) = (clusters, members, rows, sums);

    /// <summary>The touched clusters, ascending.</summary>
    public int[] Clusters { get; }

    /// <summary>n_k of each touched cluster; at least 1.</summary>
    public int[] Members { get; }

    /// <summary>The rows of the first touched cluster, then those of the next, each ascending: as many as <see cref="Members"/>
    /// says.</summary>
    public int[] Rows { get; }

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

            var next = new int[touched]; // where the next row of each touched cluster goes
            for (var i = 1; i < touched; i++)
                next[i] = next[i - 1] + members[i - 1];
            var rows = new int[touched == 0 ? 0 : next[^1] + members[^1]];
            var sums = new double[touched * dimension];
            for (var row = 0; row < labels.Length; row++)
            {
                if (labels[row] < 0)
                    continue;
                var i = counts[labels[row]];
                UnitVector.Add(sums.AsSpan(i * dimension, dimension), embeddings.Slice(row * dimension, dimension));
                rows[next[i]++] = row;
            }

            return new BatchReduction(clusters, members, rows, sums);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(slots);
        }
    }
}
