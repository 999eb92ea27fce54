using CoKe.Abstractions;
using CoKe.Grains.Heads;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>A silo's part of a run in one incarnation: a scorer, and of every head some blocks or none.</summary>
sealed class Place
{
    Place(int number, string? home, IScorerGrain scorer, IReadOnlyList<Share> shares, PlaceTimes times) =>
        (Number, Home, Scorer, Shares, Times) = (number, home, scorer, shares, times);

    /// <summary>Index of the silo in the manifest's placement.</summary>
    public int Number { get; }

    /// <summary>The silo; null: anywhere.</summary>
    public string? Home { get; }

    /// <summary>Scores here.</summary>
    public IScorerGrain Scorer { get; }

    /// <summary>What it has of each head that has something here, in order of heads.</summary>
    public IReadOnlyList<Share> Shares { get; }

    /// <summary>How long it takes for its part of a step.</summary>
    public PlaceTimes Times { get; }

    /// <summary>The places of an incarnation, those that have no blocks left out.</summary>
    public static Place[] Of(ActorWorld world, string runId, RunDescription run, Manifest manifest)
    {
        var homes = manifest.Placement?.Silos ?? [null!];
        return
        [
            .. homes
                .Select(
                    (home, number) =>
                        new Place(
                            number,
                            home,
                            world.Grains.GetGrain<IScorerGrain>(Keys.Scorer(runId, number)),
                            SharesOf(run, manifest, number),
                            new PlaceTimes(world.Time)
                        )
                )
                .Where(place => place.Shares.Count > 0),
        ];
    }

    /// <summary>What restores it.</summary>
    /// <param name="manifest">The versions to restore.</param>
    /// <param name="run">The run.</param>
    /// <param name="initialCenters">Per head the centers that were given, or null.</param>
    /// <param name="home">As <see cref="RestoreAtHome"/> says.</param>
    /// <param name="stay">As <see cref="RestoreAtHome"/> says.</param>
    public ScorerRestore Restore(
        Manifest manifest,
        RunDescription run,
        IReadOnlyList<FloatValues>? initialCenters,
        string? home,
        bool stay
    ) =>
        new(
            manifest.Incarnation,
            manifest.Current.Step,
            manifest.Current.RowsAccepted,
            manifest.Current.RowsInEpoch,
            run.Specification.Clustering,
            run.Layout,
            [
                .. Shares.Select(share => new ShareRestore(
                    share.Head,
                    share.Blocks,
                    Named(manifest, share),
                    initialCenters is null ? null : Pick(initialCenters[share.Head], share, run.Specification.Clustering.Dimension)
                )),
            ],
            manifest.Committed,
            home,
            stay
        );

    /// <summary>What the manifest names of every block here.</summary>
    public NamedSnapshots[][] Named(Manifest manifest) => [.. Shares.Select(share => Named(manifest, share))];

    static NamedSnapshots[] Named(Manifest manifest, Share share) => Array.ConvertAll(share.Blocks, b => manifest.Blocks[share.Head][b]);

    static IReadOnlyList<Share> SharesOf(RunDescription run, Manifest manifest, int number) =>
        [
            .. run
                .Specification.Clustering.Heads.Select(
                    (head, h) =>
                    {
                        int[] blocks =
                        [
                            .. Enumerable
                                .Range(0, manifest.Blocks[h].Length)
                                .Where(b => manifest.Placement is not { } placement || placement.Blocks[h][b] == number),
                        ];
                        return new Share(h, blocks, new ShareRange(head.ClusterCount, run.Layout.ClustersPerBlock, blocks));
                    }
                )
                .Where(share => share.Blocks.Length > 0),
        ];

    // Where everything is at one place nothing is copied.
    static FloatValues Pick(FloatValues centers, Share share, int d) =>
        share.Range.Clusters.Length * d == centers.Length ? centers : new FloatValues(share.Range.RowsOf(centers.Span, d));

    /// <summary>The blocks of one head here.</summary>
    /// <param name="Head">The head.</param>
    /// <param name="Blocks">Their numbers, ascending.</param>
    /// <param name="Range">Their clusters.</param>
    public sealed record Share(int Head, int[] Blocks, ShareRange Range);
}
