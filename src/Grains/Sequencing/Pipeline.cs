using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Carries steps, checkpoints and boundaries of one incarnation through heads and label shards, on the sequencer's scheduler. Each head is
/// its own chain and may run ahead of the others; labels are written in step order. At most one mutating call is outstanding per grain, and
/// each names the version it expects.
/// </summary>
sealed class Pipeline
{
    readonly RunDescription _run;
    readonly TimeProvider _time;
    readonly int _incarnation;
    readonly Target<IHeadGrain>[] _heads;
    readonly Target<IImageShardGrain>[] _shards;
    readonly Task<AssignReply>?[] _headTails;
    Target<IImageShardGrain>[] _captured = [];
    Task _labelTail = Task.CompletedTask;
    long _step;

    public Pipeline(ActorWorld world, string runId, RunDescription run, Manifest manifest)
    {
        (_run, _time, _incarnation, _step) = (run, world.Time, manifest.Incarnation, manifest.Current.Step);
        _heads =
        [
            .. manifest.Blocks.Select(
                (_, h) => new Target<IHeadGrain>(world.Grains.GetGrain<IHeadGrain>(Keys.Head(runId, h)), manifest.Current.Step)
            ),
        ];
        _shards =
        [
            .. manifest.Shards.Select(
                (named, s) => new Target<IImageShardGrain>(world.Grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, s)), named.Version)
            ),
        ];
        _headTails = new Task<AssignReply>?[_heads.Length];
    }

    /// <summary>s: the last step that was launched.</summary>
    public long Step => _step;

    /// <summary>Everything that was restored lives where the manifest says.</summary>
    public bool IsHome { get; private set; }

    /// <summary>Brings every head, block, cluster and shard to the manifest's version in this incarnation.</summary>
    /// <returns>Which images the open epoch has accepted.</returns>
    public async Task<SeenImages> RestoreAsync(Manifest manifest, IReadOnlyList<FloatValues>? initialCenters)
    {
        var options = _run.Specification.Clustering;
        var size = _run.Layout.ImagesPerShard;
        var homes = manifest.Placement;
        var heads = _heads.Select(
            (head, h) =>
                TryAsync(() =>
                    RestoreAtHome.CallAsync(homes?.Head(h), (home, stay) =>
                        head.Grain.RestoreAsync(
                            new RestoreCall(
                                _incarnation,
                                manifest.Current.Step,
                                manifest.Current.RowsAccepted,
                                manifest.Current.RowsInEpoch,
                                manifest.Current.SimilaritySums[h],
                                options,
                                _run.Layout,
                                initialCenters?[h],
                                manifest.Blocks[h],
                                manifest.Committed,
                                homes?.BlocksOf(h),
                                home,
                                stay
                            )
                        )
                    )
                )
        );
        var shards = _shards.Select(
            (shard, s) =>
                TryAsync(() =>
                    RestoreAtHome.CallAsync(homes?.Shard(s), (home, stay) =>
                        shard.Grain.RestoreAsync(
                            new ShardRestore(
                                _incarnation,
                                manifest.Shards[s],
                                options,
                                s * size,
                                Math.Min(size, options.ImageCount - (s * size)),
                                manifest.Committed,
                                home,
                                stay
                            )
                        )
                    )
                )
        );
        var (restoredHeads, restored) = (Task.WhenAll(heads), Task.WhenAll(shards));
        await Task.WhenAll(restoredHeads, restored);
        IsHome = restoredHeads.Result.All(head => head == Restored.Home) && restored.Result.All(shard => shard!.IsHome);
        var seen = new SeenImages(options.ImageCount);
        for (var s = 0; s < _shards.Length; s++)
        {
            var reply = restored.Result[s]!;
            if (reply.Version != manifest.Shards[s].Version)
                throw new StaleCallException($"shard {s}", "version", manifest.Shards[s].Version, reply.Version);
            seen.Load(s * size, Math.Min(size, options.ImageCount - (s * size)), reply.Seen);
        }

        return seen;
    }

    /// <summary>Starts one step; the task completes when its labels are written.</summary>
    public Task Launch(int epoch, long rowClock, IReadOnlyList<MiniBatch> batches)
    {
        var step = ++_step;
        var embeddings = Concatenate(batches);
        for (var h = 0; h < _heads.Length; h++)
            _headTails[h] = Assign(_headTails[h], _heads[h], step, epoch, rowClock, embeddings);
        return _labelTail = WriteLabels(_labelTail, [.. _headTails.Select(t => t!)], step, epoch, batches);
    }

    /// <summary>Closes the epoch everywhere; nothing of it is readable yet.</summary>
    public async Task<IReadOnlyList<HeadClosing>> CloseEpochAsync(int epoch, long rowClock, long rowsInEpoch)
    {
        var step = ++_step;
        BoundaryCall For(long version) => new(new CallFence(_incarnation, step, version), epoch, rowClock, rowsInEpoch);
        var heads = Task.WhenAll(_heads.Select(head => head.Grain.EndEpochAsync(For(head.Version))));
        var shards = Task.WhenAll(_shards.Select(shard => shard.Grain.EndEpochAsync(For(shard.Version))));
        await Task.WhenAll(heads, shards);
        foreach (var head in _heads)
            head.Version = step;
        foreach (var shard in _shards)
            shard.Version = step;
        return
        [
            .. heads.Result.Select(
                (head, h) =>
                    head with
                    {
                        Report = head.Report with { ChangedLabels = epoch == 0 ? null : shards.Result.Sum(s => s.Changed[h]) },
                    }
            ),
        ];
    }

    /// <summary>Has everything that changed copy its state, between two steps (rule 5).</summary>
    public async Task<CheckpointNames> CaptureAsync(Manifest manifest, bool isBoundary)
    {
        CallFence For(long version) => new(_incarnation, _step, version);
        var heads = Task.WhenAll(
            _heads.Select((head, h) => head.Grain.CaptureAsync(new HeadCapture(For(head.Version), manifest.Blocks[h], isBoundary)))
        );
        var names = manifest.Shards.Select(named => named.Current).ToArray();
        var captured = new List<Target<IImageShardGrain>>();
        var shards = new List<Task>();
        for (var s = 0; s < _shards.Length; s++)
        {
            var (shard, named) = (_shards[s], manifest.Shards[s]);
            if (!isBoundary && shard.Version == named.Version)
                continue; // a shard that did not change keeps its version
            names[s] = new SnapshotName(named.FreeSlot, _incarnation, _step, shard.Version);
            shards.Add(shard.Grain.CaptureAsync(new CaptureCall(For(shard.Version), named.FreeSlot, isBoundary)));
            captured.Add(shard);
        }

        await Task.WhenAll([heads, .. shards]);
        _captured = [.. captured];
        return new CheckpointNames(
            _step,
            [.. heads.Result.Select(head => head.Names.ToArray())],
            names,
            [.. heads.Result.Select(head => head.SimilaritySum)]
        );
    }

    /// <summary>Has everything that was copied for a step written; steps go on meanwhile.</summary>
    public Task SaveAsync(long step)
    {
        var call = new SaveCall(_incarnation, step);
        return Task.WhenAll([
            .. _heads.Select(head => head.Grain.SaveAsync(call)),
            .. _captured.Select(shard => shard.Grain.SaveAsync(call)),
        ]);
    }

    /// <summary>Looks whether everything is there that was restored, and knows of the committed epoch.</summary>
    /// <exception cref="StaleCallException">Something was lost.</exception>
    /// <exception cref="EpochNotReadableException">Something was lost, and is back without that epoch.</exception>
    public Task VerifyAsync(int committed) =>
        Task.WhenAll([
            .. _heads.Select(head => head.Grain.VerifyAsync(_incarnation, committed)),
            .. _shards.Select(shard => shard.Grain.VerifyAsync(_incarnation, committed)),
        ]);

    /// <summary>Tells every head and shard that the epoch is committed.</summary>
    public Task CommitAsync(int epoch)
    {
        var call = new CommitCall(_incarnation, epoch);
        return Task.WhenAll([
            .. _heads.Select(head => head.Grain.CommitAsync(call)),
            .. _shards.Select(shard => shard.Grain.CommitAsync(call)),
        ]);
    }

    Task<T> TryAsync<T>(Func<Task<T>> restore) =>
        GrainTimes.Restore.CallAsync(restore, e => e is TimeoutException or OrleansException, _time);

    async Task<AssignReply> Assign(
        Task<AssignReply>? previous,
        Target<IHeadGrain> head,
        long step,
        int epoch,
        long rowClock,
        FloatValues embeddings
    )
    {
        if (previous is not null)
            await previous;
        var reply = await head.Grain.AssignAsync(
            new AssignCall(new CallFence(_incarnation, step, head.Version), epoch, rowClock, embeddings)
        );
        head.Version = reply.Version;
        return reply;
    }

    async Task WriteLabels(Task previous, Task<AssignReply>[] pending, long step, int epoch, IReadOnlyList<MiniBatch> batches)
    {
        var replies = await Task.WhenAll(pending);
        await previous;
        var writes = ShardRouter
            .Split(batches, [.. replies.Select(r => r.Labels)], _shards.Length, _run.Layout.ImagesPerShard)
            .Select(async part =>
            {
                var shard = _shards[part.Shard];
                shard.Version = await shard.Grain.WriteAsync(
                    new ShardWrite(new CallFence(_incarnation, step, shard.Version), epoch, part.ImageIds, part.Labels)
                );
            });
        await Task.WhenAll(writes);
    }

    static FloatValues Concatenate(IReadOnlyList<MiniBatch> batches)
    {
        if (batches.Count == 1)
            return batches[0].Embeddings;
        var all = new float[batches.Sum(b => b.Embeddings.Length)];
        var at = 0;
        foreach (var batch in batches)
        {
            batch.Embeddings.Span.CopyTo(all.AsSpan(at));
            at += batch.Embeddings.Length;
        }

        return new FloatValues(all);
    }

    /// <summary>A grain and the version its caller knows it to have.</summary>
    sealed class Target<TGrain>(TGrain grain, long version)
    {
        public TGrain Grain => grain;

        public long Version { get; set; } = version;
    }
}

/// <summary>What was copied for a checkpoint, to be named by the manifest once it is written.</summary>
/// <param name="Step">s.</param>
/// <param name="Blocks">Per head and block.</param>
/// <param name="Shards">Per shard.</param>
/// <param name="SimilaritySums">Per head.</param>
sealed record CheckpointNames(long Step, SnapshotName?[][] Blocks, SnapshotName?[] Shards, double[] SimilaritySums);
