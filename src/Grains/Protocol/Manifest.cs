using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;

namespace CoKe.Grains.Protocol;

/// <summary>Where a run stands at a stored version.</summary>
/// <param name="Step">s: global steps, each epoch's end counted as one.</param>
/// <param name="RowsAccepted">Rows of the whole run: the duals' clock.</param>
/// <param name="RowsInEpoch">Rows of the open epoch.</param>
/// <param name="StepsInEpoch">Steps of the open epoch.</param>
/// <param name="Watermarks">Per rank: sequences below this one are in this version.</param>
/// <param name="SimilaritySums">Per head: sum of x . c over the open epoch.</param>
[GenerateSerializer, Immutable]
sealed record RunMark(
    long Step,
    long RowsAccepted,
    long RowsInEpoch,
    long StepsInEpoch,
    [property: Id(4)] long[] Watermarks,
    [property: Id(5)] double[] SimilaritySums
)
{
    /// <summary>When its last step was processed, for people; null: nothing was, or an earlier version wrote this.</summary>
    [Id(6)]
    public DateTimeOffset? Updated { get; init; }
}

/// <summary>
/// The one row that says what is true of a run: which incarnation rules, which stored versions count, how far every rank's messages are
/// safe. Owned by the sequencer and replaced by compare-and-swap only (docs/protocol.md, rules 1, 2, 5, 8 and 9). Each transition is a
/// function here; nothing else makes a manifest.
/// </summary>
[GenerateSerializer, Immutable]
[Alias("coke.manifest")]
sealed record Manifest
{
    /// <summary>I. Every take-over adds one.</summary>
    [Id(0)]
    public required int Incarnation { get; init; }

    /// <summary>Names the activation that wrote it: tells an own write of unknown outcome from another's.</summary>
    [Id(1)]
    public required string Owner { get; init; }

    /// <summary>Counts the roll-backs to a boundary.</summary>
    [Id(2)]
    public required int Attempt { get; init; }

    /// <summary>The open epoch.</summary>
    [Id(3)]
    public required int Epoch { get; init; }

    /// <summary>The last committed epoch, named with the incarnation of its commit; (-1, 0) before the first.</summary>
    [Id(4)]
    public required EpochName Committed { get; init; }

    /// <summary>The last checkpoint.</summary>
    [Id(5)]
    public required RunMark Current { get; init; }

    /// <summary>The last boundary.</summary>
    [Id(6)]
    public required RunMark Boundary { get; init; }

    /// <summary>Per rank: the generation that is heard.</summary>
    [Id(7)]
    public required int[] Generations { get; init; }

    /// <summary>Per head and block: the stored versions.</summary>
    [Id(8)]
    public required NamedSnapshots[][] Blocks { get; init; }

    /// <summary>Per shard: the stored versions.</summary>
    [Id(9)]
    public required NamedSnapshots[] Shards { get; init; }

    /// <summary>Where the incarnation has its grains; null: nobody cares.</summary>
    [Id(10)]
    public RunPlacement? Placement { get; init; }

    /// <summary>The most places that an incarnation has had: so many scorers may be in memory.</summary>
    [Id(11)]
    public int MostPlaces { get; init; } = 1;

    /// <summary>Nothing was accepted durably since the boundary.</summary>
    public bool IsAtBoundary => Current.Step == Boundary.Step;

    /// <summary>The manifest of a run that has not begun; incarnation 0, which nobody obeys.</summary>
    public static Manifest Initial(ClusteringOptions options, RunLayout layout, int trainers)
    {
        var start = new RunMark(0, 0, 0, 0, new long[trainers], new double[options.Heads.Count]);
        return new Manifest
        {
            Incarnation = 0,
            Owner = "",
            Attempt = 0,
            Epoch = 0,
            Committed = new EpochName(-1, 0),
            Current = start,
            Boundary = start,
            Generations = new int[trainers],
            Blocks = [.. options.Heads.Select(head => new NamedSnapshots[layout.BlockCount(head.ClusterCount)])],
            Shards = new NamedSnapshots[layout.ShardCount(options.ImageCount)],
        };
    }

    /// <summary>
    /// Rule 2: the next incarnation, under a new owner. Rule 9: when a newer trainer has come, what was accepted since the boundary, if
    /// anything, is rolled back, because that trainer begins the epoch anew.
    /// </summary>
    public Manifest TakenOver(string owner, IReadOnlyList<int> generations, bool toBoundary, RunPlacement? placement)
    {
        var newer = generations.Where((generation, rank) => generation > Generations[rank]).Any();
        var next = (newer && !IsAtBoundary) || toBoundary ? RolledBack() : this;
        return next with
        {
            Incarnation = Incarnation + 1,
            Owner = owner,
            Generations = Newest(generations),
            Placement = placement,
            MostPlaces = Math.Max(MostPlaces, placement?.Silos.Length ?? 1),
        };
    }

    /// <summary>Rule 9, before anything of the epoch was taken: the newer trainers are heard, and nothing has to be undone.</summary>
    public Manifest Admitting(IReadOnlyList<int> generations) => this with { Generations = Newest(generations) };

    /// <summary>Rule 5: every block and shard has stored its version of this step.</summary>
    public Manifest Checkpointed(RunMark mark, SnapshotName?[][] blocks, SnapshotName?[] shards) =>
        this with
        {
            Current = mark,
            Blocks = [.. Blocks.Select((head, h) => head.Select((named, b) => named with { Current = blocks[h][b] }).ToArray())],
            Shards = [.. Shards.Select((named, s) => named with { Current = shards[s] })],
        };

    /// <summary>Rule 8: every block and shard has stored the closed epoch; with this manifest it is committed.</summary>
    public Manifest EpochClosed(RunMark mark, SnapshotName?[][] blocks, SnapshotName?[] shards) =>
        this with
        {
            Epoch = Epoch + 1,
            Committed = new EpochName(Epoch, Incarnation),
            Current = mark,
            Boundary = mark,
            Blocks = [.. blocks.Select(head => head.Select(name => new NamedSnapshots(name, name)).ToArray())],
            Shards = [.. shards.Select(name => new NamedSnapshots(name, name))],
        };

    Manifest RolledBack() =>
        this with
        {
            Attempt = Attempt + 1,
            Current = Boundary,
            Blocks = [.. Blocks.Select(head => head.Select(named => named with { Current = named.Boundary }).ToArray())],
            Shards = [.. Shards.Select(named => named with { Current = named.Boundary })],
        };

    int[] Newest(IReadOnlyList<int> generations) => [.. Generations.Select((known, rank) => Math.Max(known, generations[rank]))];
}
