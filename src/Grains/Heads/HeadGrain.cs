using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace CoKe.Grains.Heads;

/// <summary>
/// One head of a run: scores mini-batches against its packed centers and duals, and hands every touched cluster its contribution. What it
/// holds is a cache of what the clusters answered.
/// </summary>
[GrainType("head"), KeepAlive, Immovable]
internal sealed class HeadGrain : Grain, IHeadGrain, IDisposable
{
    readonly ClusterDirectory _directory;
    readonly int _clustersPerBlock;
    readonly int _threads;
    readonly string _runId;
    readonly int _head;
    readonly string _name;
    IClusterBlockGrain[] _blocks = [];
    long[] _blockVersions = [];
    HeadPlan? _plan;
    ScoringMatrix? _matrix;
    Dual[] _duals = [];
    EpochMeter? _meter;
    long _rowClock;
    FloatBlock? _closing;
    FloatBlock? _frozen;
    Fence _fence;
    Readable _readable;

    public HeadGrain(ClusterDirectory directory, IOptions<BlockPlacementOptions> placement, IOptions<ScoringOptions> scoring)
    {
        (_directory, _clustersPerBlock, _threads) = (directory, placement.Value.ClustersPerBlock, scoring.Value.Threads);
        (_runId, _head) = Keys.SplitTwo(this.GetPrimaryKeyString());
        _name = $"head {_head} of run {_runId}";
        _fence = new Fence(_name);
        _readable = new Readable(_name);
    }

    public async Task RestoreAsync(RestoreCall call)
    {
        if (!_fence.Restore(call.Incarnation, call.Version)) return;
        var options = call.Specification.Clustering;
        _plan = _directory.Plan(_runId, _head, options);
        int K = _plan.ClusterCount, d = _plan.Dimension;
        var initial = call.Specification.InitialCenters?[_head] ?? new FloatBlock(_plan.InitialCenters());
        _blocks = [.. Enumerable.Range(0, (K + _clustersPerBlock - 1) / _clustersPerBlock).Select(b => GrainFactory.GetGrain<IClusterBlockGrain>(Keys.Block(_runId, _head, b)))];
        _blockVersions = new long[_blocks.Length];
        Array.Fill(_blockVersions, call.Version);
        await Task.WhenAll(_blocks.Select((block, b) =>
        {
            var (first, n) = RangeOf(b);
            return block.RestoreAsync(new BlockRestore(call.Incarnation, call.Version, options, initial.Slice(first * d, n * d), n, first));
        }));
        var states = await Task.WhenAll(_blocks.Select(block => block.ReadAsync()));
        _fence.CheckIncarnation(call.Incarnation);
        foreach (var state in states)
        {
            // A block that confirms a restore of long ago has moved on: to load it would mix two states of the run.
            if (state.Version != call.Version) throw new StaleCallException($"a block of {_name}", "version", call.Version, state.Version);
        }

        _matrix?.Dispose();
        _matrix = new ScoringMatrix(_plan, initial.Span);
        _duals = new Dual[K];
        _meter = new EpochMeter(_plan);
        for (var b = 0; b < _blocks.Length; b++) Load(b, states[b]);
        _meter.Open(DualsAt(_rowClock));
    }

    public async ValueTask<AssignReply> AssignAsync(AssignCall call)
    {
        _fence.Check(call.Fence);
        var (plan, matrix) = (_plan!, _matrix!);
        var d = plan.Dimension;
        var rows = call.Embeddings.Length / d;
        var started = Stopwatch.GetTimestamp();
        var labels = new int[rows];
        var similarities = new float[rows];
        matrix.Assign(call.Embeddings.Memory, rows, call.RowClock, labels, similarities, _threads); // eqns 10, 17
        var contribution = BatchReduction.Of(call.Embeddings.Span, d, labels, plan.ClusterCount);
        double? threshold = plan.NeedsGlobalDuals
            ? DualProjection.Threshold(plan, _duals, call.RowClock, rows, contribution.Clusters, contribution.Members) // eqn 11
            : null;
        var scored = Stopwatch.GetTimestamp();

        await Contribute(call, rows, contribution, threshold);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        _meter!.Add(similarities);
        _rowClock = call.RowClock + rows;
        _fence.Advance(call.Fence.Step);
        return new AssignReply(
            _fence.Version, new IntBlock(labels), Stopwatch.GetElapsedTime(started, scored).TotalMilliseconds, Stopwatch.GetElapsedTime(scored).TotalMilliseconds);
    }

    public async Task<HeadReport> EndEpochAsync(BoundaryCall call)
    {
        _fence.Check(call.Fence);
        var states = await Task.WhenAll(_blocks.Select((block, b) => block.EndEpochAsync(call with { Fence = call.Fence with { ExpectedVersion = _blockVersions[b] } })));
        _fence.CheckIncarnation(call.Fence.Incarnation);
        int K = _plan!.ClusterCount, d = _plan.Dimension;
        var sizes = new long[K];
        var frozen = new float[K * d];
        for (var b = 0; b < _blocks.Length; b++)
        {
            var (first, n) = RangeOf(b);
            Load(b, states[b]);
            for (var i = 0; i < n; i++) sizes[first + i] = (long)states[b].LastCounts.Span[i];
            states[b].Frozen.Span.CopyTo(frozen.AsSpan(first * d, n * d));
        }

        var duals = DualsAt(call.RowClock);
        var report = _meter!.Close(call.Epoch, sizes, duals);
        _meter.Open(duals);
        _closing = new FloatBlock(frozen);
        _readable.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return report;
    }

    public Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_readable.Commit(call)) (_frozen, _closing) = (_closing, null);
        return Task.CompletedTask;
    }

    public Task<FloatBlock> GetCentersAsync(EpochName epoch, int first, int count)
    {
        _readable.Check(epoch);
        var K = _plan!.ClusterCount;
        if (first < 0 || first >= K) throw new UnknownPartException("cluster", first, K);
        if (count < 0 || count > K - first) throw new UnknownPartException("cluster", (int)Math.Min((long)first + count - 1, int.MaxValue), K);
        return Task.FromResult(_frozen!.Slice(first * _plan.Dimension, count * _plan.Dimension));
    }

    public async Task<IReadOnlyList<ClusterSummary>> GetClustersAsync()
    {
        var plan = _plan ?? throw new StaleCallException(_name, "version", -1, -1);
        var states = await Task.WhenAll(_blocks.Select(block => block.ReadAsync()));
        return [.. states.SelectMany((state, b) => Enumerable.Range(0, RangeOf(b).Count).Select(i =>
        {
            var k = RangeOf(b).First + i;
            return new ClusterSummary(k, (long)state.Counts.Span[i], (long)state.LastCounts.Span[i], plan.RequiredSize(k), _duals[k].At(Math.Max(_rowClock, _duals[k].Since), plan.PushPerRow(k)));
        }))];
    }

    public void Dispose() => _matrix?.Dispose();

    /// <summary>One envelope per touched block; the cache is up to date when all have answered.</summary>
    async Task Contribute(AssignCall call, int rows, BatchReduction contribution, double? threshold)
    {
        var d = _plan!.Dimension;
        var (clusters, members, sums) = (new IntBlock(contribution.Clusters), new IntBlock(contribution.Members), new DoubleBlock(contribution.Sums));
        var calls = new List<(int Block, IntBlock Clusters, ValueTask<BlockReply> Reply)>(_blocks.Length);
        var at = 0;
        for (var b = 0; b < _blocks.Length; b++)
        {
            var start = at;
            var end = RangeOf(b).First + RangeOf(b).Count;
            while (at < clusters.Length && contribution.Clusters[at] < end) at++;
            if (at == start && threshold is null) continue;
            var fence = call.Fence with { ExpectedVersion = _blockVersions[b] };
            var part = new BlockContribution(
                fence, call.Epoch, call.RowClock, rows, threshold, clusters.Slice(start, at - start), members.Slice(start, at - start), sums.Slice(start * d, (at - start) * d));
            calls.Add((b, part.Clusters, _blocks[b].ApplyAsync(part)));
        }

        // Every call is awaited, also when one fails: a forgotten one could answer into a later step.
        Exception? error = null;
        foreach (var (b, touched, pending) in calls)
        {
            try
            {
                var reply = await pending;
                _fence.CheckIncarnation(call.Fence.Incarnation);
                Update(b, touched.Span, reply, everyDual: threshold is not null);
            }
            catch (Exception e)
            {
                error ??= e;
            }
        }

        if (error is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
    }

    void Update(int b, ReadOnlySpan<int> touched, BlockReply reply, bool everyDual)
    {
        var d = _plan!.Dimension;
        _blockVersions[b] = reply.Version;
        for (var i = 0; i < touched.Length; i++) _matrix!.SetCenter(touched[i], reply.Centers.Span.Slice(i * d, d));
        var duals = reply.Duals.Span;
        var first = RangeOf(b).First;
        for (var i = 0; i < duals.Length; i++) SetDual(everyDual ? first + i : touched[i], new Dual(duals[i], reply.RowClock));
    }

    void Load(int b, BlockState state)
    {
        var (first, n) = RangeOf(b);
        var d = _plan!.Dimension;
        _blockVersions[b] = state.Version;
        for (var i = 0; i < n; i++)
        {
            _matrix!.SetCenter(first + i, state.Centers.Span.Slice(i * d, d));
            SetDual(first + i, new Dual(state.DualBases.Span[i], (long)state.DualSince.Span[i]));
        }
    }

    double[] DualsAt(long rowClock)
    {
        var duals = new double[_duals.Length];
        for (var k = 0; k < duals.Length; k++) duals[k] = _duals[k].At(rowClock, _plan!.PushPerRow(k));
        return duals;
    }

    void SetDual(int k, Dual dual)
    {
        _duals[k] = dual;
        _matrix!.SetDual(k, dual);
    }

    (int First, int Count) RangeOf(int b) => (b * _clustersPerBlock, Math.Min(_clustersPerBlock, _plan!.ClusterCount - (b * _clustersPerBlock)));
}

/// <summary>How a head scores.</summary>
public sealed class ScoringOptions
{
    /// <summary>Threads that score one mini-batch, 1 or more; the default is two, or one on a single core.</summary>
    public int Threads { get; set; } = Math.Min(2, Environment.ProcessorCount);

    internal void Validate()
    {
        if (Threads < 1) throw new InvalidOptionsException(nameof(Threads), $"{Threads}", $"Threads {Threads} is out of range: use 1 or more.");
    }
}
