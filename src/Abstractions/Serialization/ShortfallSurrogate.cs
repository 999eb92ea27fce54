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
    public Shortfall ConvertFromSurrogate(in ShortfallSurrogate surrogate) => new()
    {
        Clusters = surrogate.Clusters,
        Images = surrogate.Images,
        Worst = [.. surrogate.Worst.Chunk(3).Select(three => new SmallCluster((int)three[0], three[1], three[2]))],
    };

    /// <inheritdoc/>
    public ShortfallSurrogate ConvertToSurrogate(in Shortfall value) => new()
    {
        Clusters = value.Clusters, Images = value.Images, Worst = [.. value.Worst.SelectMany(small => new[] { small.Cluster, small.Size, small.Minimum })],
    };
}

/// <summary>A shortfall is immutable: inside a silo it passes by reference.</summary>
[RegisterCopier]
public sealed class ShortfallCopier : IDeepCopier<Shortfall>
{
    /// <inheritdoc/>
    public Shortfall? DeepCopy(Shortfall? input, CopyContext context) => input;
}
