using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>What people ask of a run, live or asleep, and its end.</summary>
sealed partial class Sequencer
{
    /// <summary>The run as it is; of a sleeping one, what is stored.</summary>
    public async Task<RunStatus> GetStatusAsync()
    {
        var description = _description ??= await Run.DescribeAsync(_runId);
        if (_live is { } live)
        {
            var trainers = live.Inbox.Ranks.Select(
                (ofRank, rank) =>
                    new TrainerStatus(
                        rank,
                        ofRank.Generation,
                        ofRank.Next,
                        live.Inbox.HasEnded(rank),
                        live.IsStill && live.Inbox.IsAwaited(rank)
                    )
            );
            // A commit is stored before everybody is told of it; the status goes on when they are, with the report of what was closed.
            return Status(description, live.Manifest, RunState.Live, live.LastReport, [.. trainers]) with
            {
                Epoch = live.Inbox.Epoch,
                Step = live.Step - live.Inbox.Epoch,
                RowsInEpoch = live.RowsInEpoch,
                RowsAccepted = live.RowsAccepted,
                Scorers = live.Scorers.Status,
            };
        }

        var manifest = _lastManifest ?? await ReadManifestAsync();
        var report = _lastReport
            ?? (manifest.Committed.Epoch < 0 ? null : await new ReportRows(_world, _runId).ReadAsync(manifest.Committed.Epoch));
        var state =
            _fault is not null ? RunState.Faulted
            : _recovering ? RunState.Recovering
            : RunState.Asleep;
        return Status(
            description,
            manifest,
            state,
            report,
            [
                .. manifest.Generations.Select(
                    (g, rank) => new TrainerStatus(rank, g, manifest.Current.Watermarks[rank], Ended: false, IsAwaited: false)
                ),
            ]
        );
    }

    /// <summary>Removes every row of the run, the manifest last, and everything of it from memory. Repeatable.</summary>
    public async Task DeleteAsync(RunDescription description)
    {
        (_stopped, _deleted) = (true, true);
        EndLiveRun();
        await _inFlight.WhenNoneAsync(); // it would name again what is cleared, write a row, or make a grain again
        await _sizes.StopAsync();
        var (options, layout) = (description.Specification.Clustering, description.Layout);
        var shards = Enumerable.Range(0, layout.ShardCount(options.ImageCount)).Select(s => Keys.Shard(_runId, s)).ToArray();
        var row = new ManifestRow(_world, _runId);
        var (manifest, isDamaged) = await TryReadAsync(row);
        if (isDamaged || (manifest is not null && MayLive(manifest.Placement)))
            await RetireAsync(description, manifest?.MostPlaces ?? Math.Max(1, _world.Silos.Active.Count), shards);
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
        _reportTrouble(null);
        _leave(null);
    }

    /// <summary>Of a run that slept since before its silos were started nothing is in memory, and to ask would make all of it.</summary>
    bool MayLive(RunPlacement? placement) => placement is null || placement.Silos.Any(_world.Silos.Active.Contains);

    /// <summary>Everything of the run leaves memory, whoever had it restored; scorers first, so that nothing is asked of the others any
    /// more.</summary>
    async Task RetireAsync(RunDescription description, int places, IEnumerable<string> shards)
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

    async Task<Manifest> ReadManifestAsync()
    {
        if (await new ManifestRow(_world, _runId).ReadAsync() is { } manifest)
            return manifest;
        var run = _description ??= await Run.DescribeAsync(_runId);
        return Manifest.Initial(run.Specification.Clustering, run.Layout, run.Specification.Trainers);
    }

    /// <summary>Steps that were mini-batches: every epoch's end counts as one step too.</summary>
    static long MiniBatches(Manifest manifest) => manifest.Current.Step - manifest.Epoch;

    RunStatus Status(RunDescription run, Manifest manifest, RunState state, EpochReport? report, IReadOnlyList<TrainerStatus> trainers) =>
        new(
            Name,
            _runId,
            run.Specification,
            manifest.Incarnation,
            manifest.Attempt,
            manifest.Epoch,
            MiniBatches(manifest),
            manifest.Current.RowsInEpoch,
            manifest.Current.RowsAccepted,
            trainers,
            report,
            [.. run.Specification.Clustering.Warnings(), .. new[] { _sizes.Trouble, _live?.Scorers.Trouble }.OfType<string>()],
            _fault,
            _changed.Stamp,
            state,
            MiniBatches(manifest),
            _hindrance,
            run.Layout
        );
}
