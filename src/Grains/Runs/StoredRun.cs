using CoKe.Abstractions;

namespace CoKe.Grains.Runs;

/// <summary>What a run keeps: its specification, its unrepeatable id, and the generation of every rank.</summary>
[GenerateSerializer, Immutable]
[Alias("coke.run")]
sealed record StoredRun
{
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Without the initial centers, which have a row of their own.</summary>
    [Id(1)]
    public required RunSpecification Specification { get; init; }

    [Id(2)]
    public required bool HasInitialCenters { get; init; }

    [Id(3)]
    public required RunLayout Layout { get; init; }

    /// <summary>Per rank: how many trainers have come. Durable before it is used, never rolled back (docs/protocol.md, rule 9).</summary>
    [Id(4)]
    public required int[] Generations { get; init; }

    /// <summary>Per rank: the present trainer, so that its request can be repeated.</summary>
    [Id(7)]
    public required string[] Trainers { get; init; }

    /// <summary>The run has been live.</summary>
    [Id(5)]
    public bool Started { get; init; }

    /// <summary>The run is being deleted: what is left of it has no use any more.</summary>
    [Id(6)]
    public bool Deleting { get; init; }

    /// <summary>When it was created; null: an earlier version did.</summary>
    [Id(8)]
    public DateTimeOffset? Created { get; init; }

    /// <summary>Per rank: the generation that has said that it is done, 0 before. A newer generation is not. Null: an earlier version
    /// wrote this.</summary>
    [Id(9)]
    public int[]? Finished { get; init; }
}
