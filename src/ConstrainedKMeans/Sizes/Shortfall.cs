using System.Globalization;

namespace CoKe.ConstrainedKMeans;

/// <summary>A cluster with fewer images than its minimum.</summary>
/// <param name="Cluster">k.</param>
/// <param name="Size">n_k.</param>
/// <param name="Minimum">Whole images, floor(gamma_k) without margin; above <paramref name="Size"/>.</param>
public readonly record struct SmallCluster(int Cluster, long Size, long Minimum)
{
    /// <summary>Images that it lacks, at least 1.</summary>
    public long Missing => Minimum - Size;
}

/// <summary>
/// What one head's epoch missed of its minimum sizes. Minimums are whole images here, because 180.5 images are 180; an epoch that saw
/// fewer rows than there are images asks in proportion.
/// </summary>
public sealed record Shortfall
{
    const double Rounding = 1e-6;

    /// <summary>Clusters below their minimum; 0: all minimums are met.</summary>
    public required int Clusters { get; init; }

    /// <summary>Images that they lack together.</summary>
    public required long Images { get; init; }

    /// <summary>The clusters that lack most, worst first, of equals the lower index.</summary>
    public required IReadOnlyList<SmallCluster> Worst { get; init; }

    /// <summary>The largest part of its minimum that one of the <see cref="Worst"/> clusters lacks, 0 to 1; 0: all minimums are
    /// met.</summary>
    public double LargestLack => Worst.Count == 0 ? 0 : Worst.Max(cluster => (double)cluster.Missing / cluster.Minimum);

    /// <summary>Compares sizes with minimums.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="counts">n_k, K values.</param>
    /// <param name="rows">Rows that were labeled.</param>
    /// <param name="most">How many clusters <see cref="Worst"/> names at most.</param>
    public static Shortfall Of(HeadPlan plan, ReadOnlySpan<long> counts, long rows, int most = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(counts.Length, plan.ClusterCount);
        var small = new List<SmallCluster>();
        for (var k = 0; k < counts.Length; k++)
        {
            var minimum = (long)Math.Floor((plan.RequiredSize(k) * rows / plan.ImageCount) + Rounding);
            if (counts[k] < minimum)
                small.Add(new SmallCluster(k, counts[k], minimum));
        }

        return new Shortfall
        {
            Clusters = small.Count,
            Images = small.Sum(cluster => cluster.Missing),
            Worst = [.. small.OrderByDescending(cluster => cluster.Missing).ThenBy(cluster => cluster.Cluster).Take(most)],
        };
    }

    /// <inheritdoc/>
    public bool Equals(Shortfall? other) =>
        other is not null && (Clusters, Images) == (other.Clusters, other.Images) && Worst.SequenceEqual(other.Worst);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Clusters, Images, Worst.Count);

    /// <summary>One sentence for people with the remedy for the next run; null when all minimums are met.</summary>
    /// <param name="options">What the run was asked for.</param>
    /// <param name="head">The head, counted from 0.</param>
    public string? Sentence(ClusteringOptions options, int head)
    {
        if (Clusters == 0)
            return null;
        var named = string.Join(
            ", ",
            Worst.Select(cluster =>
                string.Create(CultureInfo.InvariantCulture, $"cluster {cluster.Cluster} has {cluster.Size} of {cluster.Minimum}")
            )
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Head {head}: {Clusters} of {options.Heads[head].ClusterCount} clusters are below their minimum size, "
                + $"by {Images} images in all ({named}{(Clusters > Worst.Count ? ", ..." : "")}): {SizeAdvice.For(this, options, head)}."
        );
    }
}
