using CoKe.Abstractions;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Carries steps through heads and label shards for the sequencer, on whose scheduler it runs. Each head is its own chain and may run ahead
/// of the others; labels are written in step order. At most one mutating call is outstanding per grain, and each names the version it expects.
/// </summary>
internal sealed class Pipeline
{
    readonly RunSpecification _specification;
    readonly int _incarnation;
    readonly Target<IHeadGrain>[] _heads;
    readonly Target<IImageShardGrain>[] _shards;
    readonly Task<AssignReply>?[] _headTails;
    Task _labelTail = Task.CompletedTask;
    long _step;

    public Pipeline(IGrainFactory grains, string runId, RunSpecification specification, int incarnation)
    {
        (_specification, _incarnation) = (specification, incarnation);
        var options = specification.Clustering;
        var shards = (options.ImageCount + IImageShardGrain.ImagesPerShard - 1) / IImageShardGrain.ImagesPerShard;
        _heads = [.. Enumerable.Range(0, options.Heads.Count).Select(h => new Target<IHeadGrain>(grains.GetGrain<IHeadGrain>(Keys.Head(runId, h))))];
        _shards = [.. Enumerable.Range(0, shards).Select(s => new Target<IImageShardGrain>(grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, s))))];
        _headTails = new Task<AssignReply>?[_heads.Length];
    }

    /// <summary>Brings every head, block, cluster and shard to version 0 of this incarnation.</summary>
    public async Task RestoreAsync()
    {
        var options = _specification.Clustering;
        var heads = _heads.Select(head => head.Grain.RestoreAsync(new RestoreCall(_incarnation, 0, _specification)));
        var shards = _shards.Select((shard, s) => shard.Grain.RestoreAsync(new ShardRestore(
            _incarnation, 0, options, s * IImageShardGrain.ImagesPerShard, Math.Min(IImageShardGrain.ImagesPerShard, options.ImageCount - (s * IImageShardGrain.ImagesPerShard)))));
        await Task.WhenAll([.. heads, .. shards]);
    }

    /// <summary>Starts one step; the task completes when its labels are written.</summary>
    public Task Launch(int epoch, long rowClock, IReadOnlyList<MiniBatch> batches)
    {
        var step = ++_step;
        var embeddings = Concatenate(batches);
        for (var h = 0; h < _heads.Length; h++) _headTails[h] = Assign(_headTails[h], _heads[h], step, epoch, rowClock, embeddings);
        return _labelTail = WriteLabels(_labelTail, [.. _headTails.Select(t => t!)], step, epoch, batches);
    }

    /// <summary>Closes the epoch everywhere; nothing of it is readable yet.</summary>
    public async Task<IReadOnlyList<HeadReport>> CloseEpochAsync(int epoch, long rowClock, long rowsInEpoch)
    {
        var step = ++_step;
        BoundaryCall For(long version) => new(new CallFence(_incarnation, step, version), epoch, rowClock, rowsInEpoch);
        var heads = Task.WhenAll(_heads.Select(head => head.Grain.EndEpochAsync(For(head.Version))));
        var shards = Task.WhenAll(_shards.Select(shard => shard.Grain.EndEpochAsync(For(shard.Version))));
        await Task.WhenAll(heads, shards);
        foreach (var head in _heads) head.Version = step;
        foreach (var shard in _shards) shard.Version = step;
        return [.. heads.Result.Select((report, h) => report with { ChangedLabels = epoch == 0 ? null : shards.Result.Sum(s => s.Changed[h]) })];
    }

    /// <summary>Tells every head and shard that the epoch is committed.</summary>
    public Task CommitAsync(int epoch)
    {
        var call = new CommitCall(_incarnation, epoch);
        return Task.WhenAll([.. _heads.Select(head => head.Grain.CommitAsync(call)), .. _shards.Select(shard => shard.Grain.CommitAsync(call))]);
    }

    async Task<AssignReply> Assign(Task<AssignReply>? previous, Target<IHeadGrain> head, long step, int epoch, long rowClock, FloatBlock embeddings)
    {
        if (previous is not null) await previous;
        var reply = await head.Grain.AssignAsync(new AssignCall(new CallFence(_incarnation, step, head.Version), epoch, rowClock, embeddings));
        head.Version = reply.Version;
        return reply;
    }

    async Task WriteLabels(Task previous, Task<AssignReply>[] pending, long step, int epoch, IReadOnlyList<MiniBatch> batches)
    {
        var replies = await Task.WhenAll(pending);
        await previous;
        var writes = ShardRouter.Split(batches, [.. replies.Select(r => r.Labels)], _shards.Length).Select(async part =>
        {
            var shard = _shards[part.Shard];
            shard.Version = await shard.Grain.WriteAsync(new ShardWrite(new CallFence(_incarnation, step, shard.Version), epoch, part.ImageIds, part.Labels));
        });
        await Task.WhenAll(writes);
    }

    static FloatBlock Concatenate(IReadOnlyList<MiniBatch> batches)
    {
        if (batches.Count == 1) return batches[0].Embeddings;
        var all = new float[batches.Sum(b => b.Embeddings.Length)];
        var at = 0;
        foreach (var batch in batches)
        {
            batch.Embeddings.Span.CopyTo(all.AsSpan(at));
            at += batch.Embeddings.Length;
        }

        return new FloatBlock(all);
    }

    /// <summary>A grain and the version its caller knows it to have.</summary>
    sealed class Target<TGrain>(TGrain grain)
    {
        public TGrain Grain => grain;

        public long Version { get; set; }
    }
}
