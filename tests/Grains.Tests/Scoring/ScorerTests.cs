using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Scoring;

namespace CoKe.Grains.Tests.Scoring;

/// <summary>A scorer of two heads, one block each, whose blocks answer as the test says.</summary>
public sealed class ScorerTests
{
    const int D = 2;

    static readonly ClusteringOptions Options = new()
    {
        Dimension = D,
        ImageCount = 8,
        BatchSize = 1,
        Heads = [new HeadOptions { ClusterCount = 3 }, new HeadOptions { ClusterCount = 3 }],
    };

    readonly Func<BlockContribution, Task<BlockReply>> _atOnce = part =>
        Task.FromResult(
            new BlockReply(part.Fence.Step, new FloatValues(new float[part.Clusters.Length * D]), new DoubleValues([0]), part.RowClock + 1)
        );

    [Fact]
    public async Task EndEpoch_RefusedByALaterHead_LeavesTheHeadsBeforeItAsTheyWere()
    {
        using var scorer = await RestoredAsync(_atOnce);
        await scorer.LoadAsync(Step(1));
        await scorer.ScoreAsync(Score(head: 1));
        await scorer.ApplyAsync(Apply(head: 1));
        var boundary = new ScorerBoundary(new BoundaryCall(new CallFence(1, 2, 0), 0, 1, 1), []);
        await Assert.ThrowsAsync<StaleCallException>(() => scorer.EndEpochAsync(boundary));
        await scorer.ScoreAsync(Score(head: 0));
        Assert.Equal(1, await scorer.ApplyAsync(Apply(head: 0)));
    }

    [Fact]
    public async Task Apply_ThatGoesOnAfterTheScorerWasDisposed_IsRefused()
    {
        var reply = new TaskCompletionSource<BlockReply>();
        var scorer = await RestoredAsync(_ => reply.Task);
        await scorer.LoadAsync(Step(1));
        await scorer.ScoreAsync(Score(head: 0));
        var applied = scorer.ApplyAsync(Apply(head: 0)).AsTask();
        scorer.Dispose();
        reply.SetResult(new BlockReply(1, new FloatValues(new float[D]), new DoubleValues([0]), 1));
        await Assert.ThrowsAsync<StaleCallException>(() => applied);
    }

    static StepEmbeddings Step(long step) => new(1, step, new FloatValues([1, 0]), new IntValues([5]));

    static ScoreCall Score(int head) => new(new CallFence(1, 1, 0), head, 0);

    static ApplyCall Apply(int head) => new(new CallFence(1, 1, 0), head, 0, 0, new IntValues([2]), null);

    static async Task<Scorer> RestoredAsync(Func<BlockContribution, Task<BlockReply>> apply)
    {
        var block = Stub.Of<IClusterBlockGrain>(
            (method, arguments) =>
                method switch
                {
                    nameof(IClusterBlockGrain.RestoreAsync) => Task.FromResult<BlockRestored?>(new(IsHome: true)),
                    nameof(IClusterBlockGrain.ReadAsync) => Task.FromResult(
                        new BlockState(0, new FloatValues(new float[3 * D]), new ClusterFigures[3])
                    ),
                    nameof(IClusterBlockGrain.ApplyAsync) => new ValueTask<BlockReply>(apply((BlockContribution)arguments[0]!)),
                    _ => throw new NotSupportedException(method),
                }
        );
        var grains = Stub.Of<IGrainFactory>((_, _) => block);
        var world = new ActorWorld(grains, null!, null!, TimeProvider.System, new Failpoints(), new Silos());
        var scorer = new Scorer("run/0", new ClusterDirectory(), world, "here", threads: 1, _ => { });
        await scorer.RestoreAsync(
            new ScorerRestore(1, 0, 0, 0, Options, new RunLayout(), [Share(head: 0), Share(head: 1)], new EpochName(-1, 0))
        );
        return scorer;
    }

    static ShareRestore Share(int head) => new(head, [0], [default], InitialCenters: null);
}
