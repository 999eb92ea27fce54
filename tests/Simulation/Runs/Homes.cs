using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Scoring;

namespace CoKe.Simulation.Runs;

/// <summary>Where a run lives, against where it should.</summary>
static class Homes
{
    /// <summary>The first grain that is not where the manifest has it, and whether it lives nowhere; or what is wrong with the manifest.
    /// Null: all is well.</summary>
    public static (string What, bool IsGone)? Misplaced(World world, RunPlan plan, Manifest manifest, string runId)
    {
        if (Misplanned(world, plan, manifest, runId) is { } misplanned)
            return (misplanned, false);
        for (var p = 0; p < manifest.MostPlaces; p++)
            // One that a late call made holds nothing, and its host has it leave.
            if (
                !HasBlocks(manifest.Placement!, p)
                && world.Directory.Find<IScorerGrain>(Keys.Scorer(runId, p)) is { Core: Scorer { HoldsNothing: false } } scorer
            )
                return ($"Of {runId}, scorer {p} lives on {scorer.Silo.Name}, and nothing is scored there.", false);
        // Asleep it lives nowhere, and is made at its home.
        var queue = new Silos().Order(runId, [.. world.LiveSilos.Select(silo => silo.Name)])[0];
        if (world.Directory.Find<ISequencerGrain>(runId)?.Silo.Name is { } sequencer && sequencer != queue)
            return ($"Of {runId}, the sequencer lives on {sequencer}, and its queue on {queue}.", false);
        foreach (var (what, lives, home) in Grains(world, plan, manifest.Placement!, runId))
            if (lives != home)
                return ($"Of {runId}, {what} lives on {lives ?? "no silo"}, its home is {home}.", lives is null);
        return null;
    }

    static string? Misplanned(World world, RunPlan plan, Manifest manifest, string runId)
    {
        var options = plan.Specification.Clustering;
        string[] silos = [.. world.LiveSilos.Select(silo => silo.Name)];
        if (manifest.Placement is not { } placement)
            return "The manifest says nothing of where the run lives.";
        if (!placement.IsWithin(silos))
            return $"The run has something on a silo that is gone; there are {string.Join(", ", silos)}.";
        if (!RunPlacement.Plan(placement, new Silos().Order(runId, silos), options, plan.Layout)!.IsSameAs(placement))
            return "The run could be spread more evenly.";
        int[][] spread = [.. placement.Blocks, placement.Shards];
        foreach (var parts in spread)
        {
            var shares = silos.Select(silo => parts.Count(part => placement.Silos[part] == silo)).ToArray();
            if (shares.Max() - shares.Min() > 1)
                return $"The silos have shares of {string.Join(", ", shares)} of the same parts.";
        }

        var blocks = silos.Select(silo => placement.Blocks.Sum(head => head.Count(block => placement.Silos[block] == silo))).ToArray();
        return blocks.Max() - blocks.Min() > 1 ? $"The silos have shares of {string.Join(", ", blocks)} of all blocks." : null;
    }

    static bool HasBlocks(RunPlacement placement, int place) => placement.Blocks.Any(blocks => blocks.Contains(place));

    static IEnumerable<(string What, string? Lives, string Home)> Grains(World world, RunPlan plan, RunPlacement placement, string runId)
    {
        var heads = plan.Specification.Clustering.Heads;
        for (var p = 0; p < placement.Silos.Length; p++)
            if (HasBlocks(placement, p))
                yield return ($"scorer {p}", world.Directory.Find<IScorerGrain>(Keys.Scorer(runId, p))?.Silo.Name, placement.Silos[p]);
        for (var h = 0; h < heads.Count; h++)
        {
            var blocks = placement.BlocksOf(h);
            for (var b = 0; b < blocks.Length; b++)
                yield return (
                    $"block {b} of head {h}",
                    world.Directory.Find<IClusterBlockGrain>(Keys.Block(runId, h, b))?.Silo.Name,
                    blocks[b]
                );
            for (var k = 0; k < heads[h].ClusterCount; k++)
                yield return (
                    $"cluster {k} of head {h}",
                    world.Directory.Find<IClusterGrain>(Keys.Cluster(runId, h, k))?.Silo.Name,
                    blocks[k / plan.Layout.ClustersPerBlock]
                );
        }

        for (var s = 0; s < placement.Shards.Length; s++)
            yield return ($"shard {s}", world.Directory.Find<IImageShardGrain>(Keys.Shard(runId, s))?.Silo.Name, placement.Shard(s));
    }
}
