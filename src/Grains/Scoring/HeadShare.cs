using System.Runtime.ExceptionServices;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Scoring;

/// <summary>
/// The clusters of one head at one place, in one incarnation: scores mini-batches against their packed centers and duals, and hands each
/// its contribution. What it holds is a cache of what the clusters answered.
/// </summary>
sealed class HeadShare : IDisposable
{
    readonly HeadPlan _plan;
    readonly ShareRange _range;
    readonly ScoringMatrix _matrix;
    readonly IClusterBlockGrain[] _blocks;
    readonly long[] _blockVersions;
    readonly string _name;
    readonly Fence _fence;
    (long Step, FloatValues Similarities)? _scored; // each row's to the best cluster here, until that step is applied
    bool _changing;

    /// <param name="name">Names it in refusals.</param>
    /// <param name="plan">The head's constants.</param>
    /// <param name="range">Which clusters it has.</param>
    /// <param name="blocks">Their blocks.</param>
    /// <param name="states">What these answered.</param>
    /// <param name="incarnation">The only incarnation that it knows.</param>
    /// <param name="version">The step to which its clusters were restored.</param>
    public HeadShare(
        string name,
        HeadPlan plan,
        ShareRange range,
        IClusterBlockGrain[] blocks,
        BlockState[] states,
        int incarnation,
        long version
    )
    {
        (_name, _plan, _range, _blocks, _blockVersions) = (name, plan, range, blocks, new long[blocks.Length]);
        _matrix = new ScoringMatrix(plan, range.Clusters);
        for (var i = 0; i < blocks.Length; i++)
            Load(i, states[i]);
        _fence = new Fence(name);
        _fence.BeginRestore(incarnation);
        _fence.CompleteRestore(incarnation, version);
    }

    /// <summary>The head.</summary>
    public int Head => _plan.Head;

    /// <summary>The step that last changed this head here; every step changes it.</summary>
    public long Version => _fence.Version;

    /// <summary>The blocks of this head here.</summary>
    public IReadOnlyList<IClusterBlockGrain> Blocks => _blocks;

    /// <inheritdoc cref="Fence.Check"/>
    public void Check(in CallFence fence)
    {
        ThrowIfChanging(fence);
        _fence.Check(fence);
    }

    /// <summary>A change begins; it is over when the result is disposed. Another one, or a look, is refused meanwhile.</summary>
    /// <exception cref="StaleCallException">As for every fence, or another change is under way.</exception>
    public Change BeginChange(in CallFence fence)
    {
        ThrowIfChanging(fence);
        _fence.CheckChange(fence);
        _changing = true;
        return new Change(this);
    }

    /// <inheritdoc cref="Fence.Advance"/>
    public void Advance(long step) => _fence.Advance(step);

    /// <summary>Step 1: the best cluster here of every row.</summary>
    public ScoreReply Score(long step, FloatValues embeddings, long rowClock, int threads)
    {
        var rows = embeddings.Length / _plan.Dimension;
        var (clusters, scores, similarities) = (new int[rows], new float[rows], new float[rows]);
        _matrix.Assign(embeddings.Span, rows, rowClock, clusters, scores, similarities, threads); // eqns 10, 17
        for (var row = 0; row < rows; row++)
            clusters[row] = _range.Clusters[clusters[row]];
        var duals = _plan.NeedsGlobalDuals ? _matrix.Duals.ToArray() : null;
        _scored = (step, new FloatValues(similarities));
        return new ScoreReply(new FloatValues(scores), new IntValues(clusters), _scored.Value.Similarities, duals);
    }

    /// <summary>Steps 2 and 3: one envelope per touched block; the cache is up to date when all have answered.</summary>
    /// <param name="call">The labels of all rows.</param>
    /// <param name="embeddings">The rows.</param>
    /// <param name="imageIds">The image of each.</param>
    /// <param name="checkIncarnation">Refuses an incarnation that is over.</param>
    /// <exception cref="StaleCallException">The step was not scored.</exception>
    public async Task ApplyAsync(ApplyCall call, FloatValues embeddings, IntValues imageIds, Action<int> checkIncarnation)
    {
        // A row that is labeled with a cluster of this place had its best score here: with that cluster it was compared.
        if (_scored is not { } scored || scored.Step != call.Fence.Step)
            throw new StaleCallException(_name, "scored step", call.Fence.Step, _scored?.Step ?? -1);
        _scored = null;
        var d = _plan.Dimension;
        var rows = call.Labels.Length;
        var batch = BatchReduction.Of(embeddings.Span, d, NumbersOf(call.Labels.Span), _range.Clusters.Length);
        var clusters = new IntValues(Array.ConvertAll(batch.Clusters, number => _range.Clusters[number]));
        var (members, sums) = (new IntValues(batch.Members), new DoubleValues(batch.Sums));
        var images = new IntValues(Array.ConvertAll(batch.Rows, row => imageIds.Span[row]));
        var similarities = new FloatValues(Array.ConvertAll(batch.Rows, row => scored.Similarities.Span[row]));
        var calls = new List<(int Block, int Start, int Count, ValueTask<BlockReply> Reply)>(_blocks.Length);
        var (at, firstMember) = (0, 0);
        for (var i = 0; i < _blocks.Length; i++)
        {
            var (start, n) = (at, 0);
            while (at < batch.Clusters.Length && batch.Clusters[at] < _range.Start(i) + _range.Count(i))
                n += batch.Members[at++];
            if (at == start && call.Threshold is null)
                continue;
            var part = new BlockContribution(
                call.Fence with
                {
                    ExpectedVersion = _blockVersions[i],
                },
                call.Epoch,
                call.RowClock,
                rows,
                call.Threshold,
                clusters.Slice(start, at - start),
                members.Slice(start, at - start),
                sums.Slice(start * d, (at - start) * d),
                images.Slice(firstMember, n),
                similarities.Slice(firstMember, n)
            );
            firstMember += n;
#pragma warning disable CA2012 // each is awaited once, below
            calls.Add((i, start, at - start, _blocks[i].ApplyAsync(part)));
#pragma warning restore CA2012
        }

        // Every call is awaited, also when one fails: a forgotten one could answer into a later step.
        Exception? error = null;
        foreach (var (block, start, count, pending) in calls)
        {
            try
            {
                var reply = await pending;
                checkIncarnation(call.Fence.Incarnation);
                Update(block, batch.Clusters.AsSpan(start, count), reply, everyDual: call.Threshold is not null);
            }
            catch (Exception e)
            {
                error ??= e;
            }
        }

        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
    }

    /// <summary>Closes an epoch in every block, and loads what the clusters are then.</summary>
    /// <param name="call">The boundary.</param>
    /// <param name="moves">Where the members of the clusters here come from.</param>
    /// <param name="checkIncarnation">Refuses an incarnation that is over.</param>
    public async Task<ShareClosing> EndEpochAsync(BoundaryCall call, MemberMoves moves, Action<int> checkIncarnation)
    {
        BoundaryCall For(int i) =>
            call with
            {
                Fence = call.Fence with { ExpectedVersion = _blockVersions[i] },
                Moves = moves.Slice(_range.Start(i), _range.Count(i)),
            };
        var states = await Task.WhenAll(_blocks.Select((block, i) => block.EndEpochAsync(For(i))));
        checkIncarnation(call.Fence.Incarnation);
        var sizes = new long[_range.Clusters.Length];
        var duals = new double[sizes.Length];
        for (var i = 0; i < _blocks.Length; i++)
        {
            Load(i, states[i]);
            for (var j = 0; j < _range.Count(i); j++)
            {
                var number = _range.Start(i) + j;
                sizes[number] = states[i].Figures[j].LastCount;
                duals[number] = _matrix.Duals[number].At(call.RowClock, _plan.PushPerRow(_range.Clusters[number]));
            }
        }

        return new ShareClosing(sizes, duals);
    }

    /// <summary>Has the blocks that changed copy their state.</summary>
    /// <param name="call">The checkpoint.</param>
    /// <param name="named">What the manifest names of every block here.</param>
    /// <param name="captured">Receives the blocks that copied something.</param>
    /// <returns>Per block the name of its snapshot once it is saved, or the one it keeps.</returns>
    public async Task<SnapshotName?[]> CaptureAsync(ScorerCapture call, NamedSnapshots[] named, List<IClusterBlockGrain> captured)
    {
        var names = new SnapshotName?[_blocks.Length];
        var captures = new List<Task>(_blocks.Length);
        for (var i = 0; i < _blocks.Length; i++)
        {
            names[i] = named[i].Current;
            if (!call.IsBoundary && _blockVersions[i] == named[i].Version)
                continue; // a block that did not change keeps its version
            var slot = named[i].FreeSlot;
            names[i] = new SnapshotName(slot, call.Fence.Incarnation, call.Fence.Step, _blockVersions[i]);
            captures.Add(
                _blocks[i].CaptureAsync(new CaptureCall(call.Fence with { ExpectedVersion = _blockVersions[i] }, slot, call.IsBoundary))
            );
            captured.Add(_blocks[i]);
        }

        await Task.WhenAll(captures);
        return names;
    }

    public void Dispose() => _matrix.Dispose();

    void ThrowIfChanging(in CallFence fence)
    {
        if (_changing)
            throw new StaleCallException(_name, "step", fence.Step, _fence.Version); // the one before is under way
    }

    void Update(int block, ReadOnlySpan<int> touched, BlockReply reply, bool everyDual)
    {
        var d = _plan.Dimension;
        _blockVersions[block] = reply.Version;
        for (var i = 0; i < touched.Length; i++)
            _matrix.SetCenter(touched[i], reply.Centers.Span.Slice(i * d, d));
        var duals = reply.Duals.Span;
        for (var i = 0; i < duals.Length; i++)
            _matrix.SetDual(everyDual ? _range.Start(block) + i : touched[i], new Dual(duals[i], reply.RowClock));
    }

    void Load(int block, BlockState state)
    {
        var d = _plan.Dimension;
        _blockVersions[block] = state.Version;
        for (var i = 0; i < state.Figures.Length; i++)
        {
            _matrix.SetCenter(_range.Start(block) + i, state.Centers.Span.Slice(i * d, d));
            _matrix.SetDual(_range.Start(block) + i, state.Figures[i].Dual);
        }
    }

    int[] NumbersOf(ReadOnlySpan<int> labels)
    {
        var numbers = new int[labels.Length];
        for (var row = 0; row < labels.Length; row++)
            numbers[row] = _range.Number(labels[row]);
        return numbers;
    }

    /// <summary>A change that is under way.</summary>
    public readonly struct Change(HeadShare share) : IDisposable
    {
        public void Dispose() => share._changing = false;
    }
}
