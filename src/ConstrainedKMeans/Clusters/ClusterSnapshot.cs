namespace CoKe.ConstrainedKMeans;

/// <summary>Everything a cluster holds, as plain values to write and read. The arrays belong to the snapshot and have d values.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Members in the open epoch.</summary>
    public required long Count { get; init; }

    /// <summary>Members in the epoch that ended last.</summary>
    public required long LastCount { get; init; }

    /// <summary>The dual.</summary>
    public required Dual Dual { get; init; }

    /// <summary>The dual when the open epoch began.</summary>
    public required Dual EpochStartDual { get; init; }

    /// <summary>The current center.</summary>
    public required float[] Center { get; init; }

    /// <summary>The center when the last epoch ended.</summary>
    public required float[] Frozen { get; init; }

    /// <summary>The sum of the open epoch's members.</summary>
    public required double[] Sum { get; init; }

    /// <summary>The current center in double precision; only with the rescaled rule or a stage two, else null.</summary>
    public double[]? PreciseCenter { get; init; }
}
