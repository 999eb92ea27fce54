using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>Removes every row of a run, the manifest last, and everything of it from memory. Repeatable. Nothing of the run may be under
/// way: it would name again what is cleared, write a row, or make a grain again.</summary>
sealed class RunDeletion(SequencedRun run, RunDescription description)
{
    readonly ActorWorld _world = run.World;
    readonly string _runId = run.RunId;

    public async Task DeleteAsync()
    {
        var (options, layout) = (description.Specification.Clustering, description.Layout);
        var shards = Enumerable.Range(0, layout.ShardCount(options.ImageCount)).Select(s => Keys.Shard(_runId, s)).ToArray();
        var row = new ManifestRow(_world, _runId);
        var (manifest, isDamaged) = await TryReadAsync(row);
        if (isDamaged || (manifest is not null && MayLive(manifest.Placement)))
            await RetireAsync(manifest?.MostPlaces ?? Math.Max(1, _world.Silos.Active.Count), shards);
        foreach (var key in shards)
            await new SnapshotSlots(_world.Storage, Rows.Shard(key)).ClearAsync();
        for (var h = 0; h < options.Heads.Count; h++)
            for (var b = 0; b < layout.BlockCount(options.Heads[h].ClusterCount); b++)
                await new SnapshotSlots(_world.Storage, Rows.Block(Keys.Block(_runId, h, b))).ClearAsync();
        var reports = new ReportRows(_world, _runId);
        var last = manifest?.Epoch ?? -1; // that may have a report
        var sizes = new SizeRows(_world, _runId);
        for (var epoch = 0; await reports.ClearAsync(epoch) || epoch <= last; epoch++)
        {
            if (_world.SizeTable is not null)
                await sizes.ClearAsync(epoch);
        }

        await row.ClearAsync();
        if (_world.SizeTable is { } table)
            await table.DeleteAsync(_runId); // last: see SizePublisher
    }

    /// <summary>Of a run that slept since before its silos were started nothing is in memory, and to ask would make all of it.</summary>
    bool MayLive(RunPlacement? placement) => placement is null || placement.Silos.Any(_world.Silos.Active.Contains);

    /// <summary>Everything of the run leaves memory, whoever had it restored; scorers first, so that nothing is asked of the others any
    /// more.</summary>
    async Task RetireAsync(int places, IEnumerable<string> shards)
    {
        var (heads, layout) = (description.Specification.Clustering.Heads, description.Layout);
        await Task.WhenAll(
            Enumerable
                .Range(0, places)
                .Select(place => _world.Grains.GetGrain<IScorerGrain>(Keys.Scorer(_runId, place)).RetireAsync(int.MaxValue))
        );
        var blocks = heads.SelectMany(
            (head, h) =>
                Enumerable
                    .Range(0, layout.BlockCount(head.ClusterCount))
                    .Select(b =>
                    {
                        var first = b * layout.ClustersPerBlock;
                        return _world
                            .Grains.GetGrain<IClusterBlockGrain>(Keys.Block(_runId, h, b))
                            .RetireAsync(new BlockRetirement(first, Math.Min(layout.ClustersPerBlock, head.ClusterCount - first)));
                    })
        );
        await Task.WhenAll([.. blocks, .. shards.Select(key => _world.Grains.GetGrain<IImageShardGrain>(key).RetireAsync())]);
    }

    /// <summary>A damaged manifest must not keep the run from being deleted.</summary>
    static async Task<(Manifest? Manifest, bool IsDamaged)> TryReadAsync(ManifestRow row)
    {
        try
        {
            return (await row.ReadAsync(), false);
        }
        catch (DamagedSnapshotException)
        {
            return (null, true);
        }
    }
}
