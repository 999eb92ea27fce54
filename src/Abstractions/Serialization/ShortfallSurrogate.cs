using CoKe.ConstrainedKMeans;
using Orleans.Serialization.Cloning;

namespace CoKe.Abstractions.Serialization;

/// <summary>How a shortfall travels and is stored.</summary>
[GenerateSerializer, Immutable]
public struct ShortfallSurrogate
{
    /// <summary>Clusters below their minimum.</summary>
    [Id(0)]
    public int Clusters;

    /// <summary>Images that they lack together.</summary>
    [Id(1)]
    public long Images;

    /// <summary>Three values for each of the worst: cluster, size, minimum.</summary>
    [Id(2)]
    public long[] Worst;
}

/// <summary>Converts a shortfall, which knows nothing of Orleans, to and from its surrogate.</summary>
[RegisterConverter]
public sealed class ShortfallConverter : IConverter<Shortfall, ShortfallSurrogate>
{
    /// <inheritdoc/>
    /// <exception cref="InvalidMessageException">The values are not three for each, or a cluster has no number.</exception>
    public Shortfall ConvertFromSurrogate(in ShortfallSurrogate surrogate) =>
        new()
        {
            Clusters = surrogate.Clusters,
            Images = surrogate.Images,
            Worst =
                surrogate.Worst is { } worst && worst.Length % 3 == 0
                    ? [.. worst.Chunk(3).Select(Cluster)]
                    : throw new InvalidMessageException("a shortfall", "has not three values for each of its clusters"),
        };

    static SmallCluster Cluster(long[] three) =>
        three[0] is >= 0 and <= int.MaxValue
            ? new SmallCluster((int)three[0], three[1], three[2])
            : throw new InvalidMessageException("a shortfall", $"names cluster {three[0]}");

    /// <inheritdoc/>
    public ShortfallSurrogate ConvertToSurrogate(in Shortfall value) =>
        new()
        {
            Clusters = value.Clusters,
            Images = value.Images,
            Worst = [.. value.Worst.SelectMany(small => new[] { small.Cluster, small.Size, small.Minimum })],
        };
}

/// <summary>A shortfall is immutable: inside a silo it passes by reference.</summary>
[RegisterCopier]
public sealed class ShortfallCopier : IDeepCopier<Shortfall>
{
    /// <inheritdoc/>
    public Shortfall? DeepCopy(Shortfall? input, CopyContext context) => input;
}
