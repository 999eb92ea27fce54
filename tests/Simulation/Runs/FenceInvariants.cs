using CoKe.Abstractions;
using CoKe.Grains.Scoring;

namespace CoKe.Simulation.Runs;

/// <summary>
/// Rule 3, seen from outside (and what of rules 2 and 8 shows there): which calls scorers, blocks, clusters and shards let succeed. The
/// version alone would save the run from most that a fence should have refused, so its state does not tell.
/// </summary>
sealed class FenceInvariants(World world, Invariants invariants)
{
    readonly Dictionary<Activation, Obedience> _known = [];

    /// <summary>Called before a request is served; what it gives is called when the work ends.</summary>
    public Action<Task>? Judge(Activation activation, IReadOnlyList<object?> arguments)
    {
        if (Read(activation, arguments) is not { } call)
            return null;
        if (arguments[^1] is CommitCall commit)
            CheckCommit(activation, commit.Epoch);
        if (!_known.TryGetValue(activation, out var known))
            _known[activation] = known = new Obedience();
        if (call.IsRestore && call.Incarnation > known.Incarnation)
            (known.Incarnation, known.IsRestored, known.Step) = (call.Incarnation, false, null);
        return work =>
        {
            try
            {
                Check(activation, known, call, work);
            }
            catch (ViolationException e)
            {
                world.Break(e);
            }
        };
    }

    void Check(Activation activation, Obedience known, in Fenced call, Task work)
    {
        if (!work.IsCompletedSuccessfully)
        {
            // Only shards: the others pass on what those below them refused.
            var isNext =
                call.Incarnation == known.Incarnation
                && known.IsRestored
                && call.Fence is { } refused
                && refused.ExpectedVersion == known.Step;
            if (
                isNext
                && activation.Kind!.Contract == typeof(IImageShardGrain)
                && work.Exception!.InnerException is StaleCallException stale
            )
                throw new ViolationException($"{activation} refused the next call of its incarnation {call.Incarnation}: {stale.Message}");
            return;
        }

        if (call.Incarnation < known.Incarnation)
            throw new ViolationException(
                $"{activation} obeyed incarnation {call.Incarnation} after it had begun to restore {known.Incarnation}."
            );
        if (call.Incarnation > known.Incarnation)
            throw new ViolationException(
                $"{activation} obeyed incarnation {call.Incarnation} without a restore; it is in {known.Incarnation}."
            );
        if (
            work
            is Task<BlockRestored?> { Result: null }
                or Task<string?> { Result: null }
                or Task<ShardRestored?> { Result: null }
                or Task<ScorerRestored?> { Result: null }
        )
            return; // it obeys, and is not restored
        if (call.IsRestore)
        {
            if (!known.IsRestored && call.Scorer is { } scorer)
                CheckBlocks(activation, scorer);
            known.IsRestored = true;
        }
        else if (!known.IsRestored)
            throw new ViolationException($"{activation} obeyed incarnation {call.Incarnation} before it was restored.");
        if (call is { Fence: { } fence, Changes: true })
            known.Step = fence.Step;
        if (activation.Core is Scorer { HoldsTakenStep: true })
            throw new ViolationException($"{activation} holds embeddings of a step that every head there has taken.");
    }

    /// <summary>Rule 8: no grain is told of a commit that is not stored.</summary>
    void CheckCommit(Activation grain, int epoch)
    {
        if (invariants.RunId is not { } runId || !grain.Key.StartsWith($"{runId}/", StringComparison.Ordinal))
            return;
        if (epoch > invariants.Stored!.Committed.Epoch)
            world.Break(
                new ViolationException($"{grain} is told that epoch {epoch} is committed; stored is {invariants.Stored.Committed.Epoch}.")
            );
    }

    /// <summary>Rule 2: a scorer that is restored stands where its blocks stand. One that nobody finds any more may end its work
    /// late.</summary>
    void CheckBlocks(Activation scorer, ScorerRestore call)
    {
        if (scorer.IsZombie)
            return;
        var runId = Keys.RunId(scorer.Key);
        var keys = call.Shares.SelectMany(share => share.Blocks.Select(b => Keys.Block(runId, share.Head, b))).ToHashSet();
        foreach (var (block, known) in _known)
            if (
                block.Kind!.Contract == typeof(IClusterBlockGrain)
                && block is { IsDead: false, IsZombie: false }
                && keys.Contains(block.Key)
                && known.Incarnation == call.Incarnation
                && known.Step is { } step
            )
                throw new ViolationException(
                    $"{scorer} was restored in incarnation {call.Incarnation}, in which {block} is at step {step} already."
                );
    }

    static Fenced? Read(Activation activation, IReadOnlyList<object?> arguments) =>
        arguments.Count == 0
            ? null
            : arguments[^1] switch
            {
                ScorerRestore call => new(call.Incarnation, IsRestore: true) { Scorer = call },
                BlockRestore call => new(call.Incarnation, IsRestore: true),
                ClusterRestore call => new(call.Incarnation, IsRestore: true),
                ShardRestore call => new(call.Incarnation, IsRestore: true),
                StepEmbeddings call => new(call.Incarnation),
                ScoreCall call => new(call.Fence.Incarnation, Fence: call.Fence),
                ApplyCall call => Changing(call.Fence),
                BlockContribution call => Changing(call.Fence),
                ClusterContribution call => Changing(call.Fence),
                ShardWrite call => Changing(call.Fence),
                ScorerBoundary call => Changing(call.Boundary.Fence),
                BoundaryCall call => Changing(call.Fence),
                CaptureCall call => new(call.Fence.Incarnation, Fence: call.Fence),
                ScorerCapture call => new(call.Fence.Incarnation, Fence: call.Fence),
                SaveCall call => new(call.Incarnation),
                CommitCall call => new(call.Incarnation),
                int
                    when arguments.Count == 2
                        && arguments[0] is int incarnation
                        && activation.Kind!.Contract == typeof(IClusterBlockGrain) => new(incarnation),
                int incarnation
                    when activation.Kind!.Contract == typeof(IClusterBlockGrain) || activation.Kind.Contract == typeof(IClusterGrain) =>
                    new(incarnation),
                _ => null,
            };

    static Fenced Changing(CallFence fence) => new(fence.Incarnation, Fence: fence, Changes: true);

    readonly record struct Fenced(int Incarnation, bool IsRestore = false, CallFence? Fence = null, bool Changes = false)
    {
        public ScorerRestore? Scorer { get; init; }
    }

    /// <summary>What one activation has been told: the incarnation that it began to restore, whether that is complete, the step that last
    /// changed it since.</summary>
    sealed class Obedience
    {
        public int Incarnation { get; set; }

        public bool IsRestored { get; set; }

        public long? Step { get; set; }
    }
}
