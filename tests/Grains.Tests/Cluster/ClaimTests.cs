using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;
using Orleans.Core.Internal;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What anybody may say of a run, and ask of it, costs it nothing where it is not so.</summary>
public sealed class ClaimTests
{
    const int D = 8;
    const string Run = "run";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task ReportLost_OfWhatIsThere_ChangesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var session = await BeginAsync(cluster);
        var live = await cluster.Coke.GetStatusAsync(Run);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(live.RunId);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => sequencer.ReportLostAsync(live.Incarnation))).WaitAsync(Patience);
        await session.PushAsync([4, 5], Embeddings.Rows(4, 2, D));
        Assert.Equal(2, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
        await sequencer.ReportLostAsync(live.Incarnation).WaitAsync(Patience);
        var after = await cluster.Coke.GetStatusAsync(Run);
        Assert.Equal((live.Incarnation, live.Attempt, RunState.Live), (after.Incarnation, after.Attempt, after.State));
    }

    [Theory]
    [InlineData("scorer")]
    [InlineData("block")]
    [InlineData("cluster")]
    [InlineData("shard")]
    public async Task ReportLost_OfWhatIsGone_HasItRestored(string kind)
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var session = await BeginAsync(cluster);
        var live = await cluster.Coke.GetStatusAsync(Run);
        var (grains, runId) = (cluster.Client, live.RunId);
        IAddressable lost = kind switch
        {
            "scorer" => grains.GetGrain<IScorerGrain>(Keys.Scorer(runId, 0)),
            "block" => grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 1)),
            "cluster" => grains.GetGrain<IClusterGrain>(Keys.Cluster(runId, 0, 0)),
            _ => grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0)),
        };
        await lost.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        var sequencer = grains.GetGrain<ISequencerGrain>(runId);
        RunStatus after;
        do
        {
            await sequencer.ReportLostAsync(live.Incarnation).WaitAsync(Patience);
            after = await sequencer.GetStatusAsync();
        } while (after.Incarnation == live.Incarnation); // it was asked to go, and has not yet gone
        await session.PushAsync([4, 5], Embeddings.Rows(4, 2, D));
        Assert.Equal(2, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
    }

    [Fact]
    public async Task Poll_OfATrainerThatNobodyKnows_IsLookedAtOnceForAll()
    {
        var looks = 0;
        await using var cluster = await TestCluster.StartAsync(1, silo => silo.AddIncomingGrainCallFilter(context =>
            {
                if (context.InterfaceMethod?.Name == nameof(IRunGrain.DescribeAsync))
                    Interlocked.Increment(ref looks);
                return context.Invoke();
            }));
        await using var session = await BeginAsync(cluster);
        var live = await cluster.Coke.GetStatusAsync(Run);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(live.RunId);
        looks = 0;
        var polls = Enumerable
            .Range(0, 200)
            .Select(_ => Assert.ThrowsAsync<RunRecoveringException>(() => sequencer.PollAsync(0, int.MaxValue, -1)));
        await Task.WhenAll(polls).WaitAsync(Patience);
        await session.PushAsync([4, 5], Embeddings.Rows(4, 2, D));
        Assert.Equal(2, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
        Assert.InRange(looks, 0, 20);
        // A pause ago it was looked for the session's own trainer.
        while (Volatile.Read(ref looks) == 0)
            await Assert.ThrowsAsync<RunRecoveringException>(() => sequencer.PollAsync(0, int.MaxValue, -1)).WaitAsync(Patience);
        Assert.Equal(live.Incarnation, (await cluster.Coke.GetStatusAsync(Run)).Incarnation);
    }

    [Fact]
    public async Task Questions_ToGrainsOfNoRun_LeaveNothingInMemory()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var grains = cluster.Client;
        var questions = Enumerable
            .Range(0, 40)
            .Select(i => $"none~{i}")
            .SelectMany<string, Func<Task>>(runId =>
                [
                    () => grains.GetGrain<IRunGrain>(runId.Replace('~', '-')).GetStatusAsync(),
                    () => grains.GetGrain<ISequencerGrain>(runId).GetStatusAsync(),
                    () => grains.GetGrain<ISequencerGrain>(runId).WaitForChangeAsync(0),
                    () => grains.GetGrain<ISequencerGrain>(runId).StartAsync(),
                    () => grains.GetGrain<ISequencerGrain>(runId.Replace('~', '-')).GetStatusAsync(),
                    () => grains.GetGrain<ISequencerGrain>(runId).PollAsync(0, 1, 0),
                    () => grains.GetGrain<ISequencerGrain>(runId).GetEpochReportAsync(3),
                    () => grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 1)).GetCentersAsync(new EpochName(1, 1)),
                    () =>
                        grains
                            .GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 2))
                            .GetUncommittedCentersAsync(new UncommittedName(1, 1, 1)),
                    () => grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 3)).GetClustersAsync(1, 1),
                    () => grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, 1)).ReadAsync(new EpochName(1, 1), new IntValues([1])),
                    () =>
                        grains
                            .GetGrain<IImageShardGrain>(Keys.Shard(runId, 2))
                            .ReadUncommittedAsync(new UncommittedName(1, 1, 1), new IntValues([1])),
                    () => grains.GetGrain<IClusterGrain>(Keys.Cluster(runId, 1, 1)).GetStatisticsAsync(1, 1),
                ]
            );
        await Task.WhenAll(questions.Select(question => Assert.ThrowsAnyAsync<CokeException>(question))).WaitAsync(Patience);
        await grains.GetGrain<ISequencerGrain>("none~lost").ReportLostAsync(1);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => grains.GetGrain<IStreamQueueGrain>($"none-{i}/8").GetLoadAsync().AsTask()));

        using var patience = new CancellationTokenSource(Patience);
        var management = grains.GetGrain<IManagementGrain>(0);
        string[] left;
        do
        {
            left =
            [
                .. (await management.GetSimpleGrainStatistics()).Where(IsOfRuns).Select(kind => $"{kind.ActivationCount} {kind.GrainType}"),
            ];
            patience.Token.ThrowIfCancellationRequested();
        } while (left.Length > 0); // they leave after they have answered
    }

    // The silos read as many queues as there are.
    static bool IsOfRuns(SimpleGrainStatistic kind) =>
        kind.GrainType.StartsWith("CoKe.", StringComparison.Ordinal)
        && kind.ActivationCount
            > (kind.GrainType.Contains("StreamQueue", StringComparison.Ordinal) ? new QueueStreamOptions().QueueCount : 0);

    static async Task<CoKe.Client.TrainerSession> BeginAsync(TestCluster cluster)
    {
        await cluster.Coke.CreateRunAsync(
            new RunSpecification(
                Run,
                new ClusteringOptions
                {
                    ImageCount = 64,
                    Dimension = D,
                    BatchSize = 16,
                    Heads = [new HeadOptions { ClusterCount = 10 }],
                }
            )
        );
        var session = await cluster.Coke.OpenSessionAsync(Run);
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        await session.EndEpochAsync().WaitAsync(Patience);
        return session;
    }
}
