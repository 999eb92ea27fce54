namespace CoKe.ConstrainedKMeans;

/// <summary>Everything a cluster holds, as plain values to write and read. The arrays belong to the snapshot and have d values.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Sizes and duals.</summary>
    public required ClusterFigures Figures { get; init; }

    /// <summary>The current center.</summary>
    public required float[] Center { get; init; }

    /// <summary>The center when the last epoch ended.</summary>
    public required float[] Frozen { get; init; }

    /// <summary>The sum of the open epoch's members.</summary>
    public required double[] Sum { get; init; }

    /// <summary>The current center in double precision; only with the rescaled rule or a stage two, else null.</summary>
    public double[]? PreciseCenter { get; init; }

    /// <summary>Members of the open epoch that stand out.</summary>
    public RankedMembers OpenMembers { get; init; } = RankedMembers.None;

    /// <summary>Members of the epoch that ended last that stand out.</summary>
    public RankedMembers LastMembers { get; init; } = RankedMembers.None;
}
