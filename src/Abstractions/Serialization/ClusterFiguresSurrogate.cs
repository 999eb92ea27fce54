using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions.Serialization;

/// <summary>How a dual travels.</summary>
[GenerateSerializer, Immutable]
public struct DualSurrogate
{
    /// <summary>The value when it was last set.</summary>
    [Id(0)]
    public double Base;

    /// <summary>Rows of the whole run at that moment.</summary>
    [Id(1)]
    public long Since;
}

/// <summary>Converts a dual, which knows nothing of Orleans, to and from its surrogate.</summary>
[RegisterConverter]
public sealed class DualConverter : IConverter<Dual, DualSurrogate>
{
    /// <inheritdoc/>
    public Dual ConvertFromSurrogate(in DualSurrogate surrogate) => new(surrogate.Base, surrogate.Since);

    /// <inheritdoc/>
    public DualSurrogate ConvertToSurrogate(in Dual value) => new() { Base = value.Base, Since = value.Since };
}

/// <summary>How sizes and duals of a cluster travel.</summary>
[GenerateSerializer, Immutable]
public struct ClusterFiguresSurrogate
{
    /// <summary>Members in the open epoch.</summary>
    [Id(0)]
    public long Count;

    /// <summary>Members in the epoch that ended last.</summary>
    [Id(1)]
    public long LastCount;

    /// <summary>The dual.</summary>
    [Id(2)]
    public Dual Dual;

    /// <summary>The dual when the open epoch began.</summary>
    [Id(3)]
    public Dual EpochStartDual;
}

/// <summary>Converts the figures of a cluster, which know nothing of Orleans, to and from their surrogate.</summary>
[RegisterConverter]
public sealed class ClusterFiguresConverter : IConverter<ClusterFigures, ClusterFiguresSurrogate>
{
    /// <inheritdoc/>
    public ClusterFigures ConvertFromSurrogate(in ClusterFiguresSurrogate surrogate) =>
        new(surrogate.Count, surrogate.LastCount, surrogate.Dual, surrogate.EpochStartDual);

    /// <inheritdoc/>
    public ClusterFiguresSurrogate ConvertToSurrogate(in ClusterFigures value) =>
        new()
        {
            Count = value.Count,
            LastCount = value.LastCount,
            Dual = value.Dual,
            EpochStartDual = value.EpochStartDual,
        };
}
