using CoKe.Abstractions;
using CoKe.Errors;

namespace CoKe.Grains.Clusters;

/// <summary>The clusters of a block that are nearest to a direction: one pass over centers that no step reads or writes.</summary>
static class NearestCenters
{
    /// <param name="centers">n x d unit rows.</param>
    /// <param name="first">k of the first row.</param>
    /// <param name="direction">d values.</param>
    /// <param name="dimension">d.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>The most similar first; of equal ones the lowest cluster.</returns>
    /// <exception cref="InvalidOptionsException">The count is out of range, or the direction has not d values.</exception>
    public static IReadOnlyList<NearCluster> Of(FloatValues centers, int first, FloatValues direction, int dimension, int count)
    {
        if (count is < 1 or > IClusterBlockGrain.MostNearest)
            throw new InvalidOptionsException(
                "count",
                $"{count}",
                $"{count} nearest clusters are asked for: give 1 to {IClusterBlockGrain.MostNearest}."
            );
        if (direction.Length != dimension)
            throw new InvalidOptionsException(
                "direction",
                $"{direction.Length}",
                $"The direction has {direction.Length} values: the run's centers have {dimension}."
            );
        var all = new NearCluster[centers.Length / dimension];
        for (var i = 0; i < all.Length; i++)
            all[i] = new NearCluster(first + i, Dot(centers.Span.Slice(i * dimension, dimension), direction.Span));
        return [.. all.OrderByDescending(near => near.Similarity).ThenBy(near => near.Cluster).Take(count)];
    }

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
