using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>A run says what it does, from its creation to its end, and which trainer keeps it waiting.</summary>
public sealed class ActivityTests
{
    const int N = 24,
        D = 8,
        Half = N / 2;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Run_FromItsCreationToItsEnd_SaysWhatItDoes_AlsoAfterARestart()
    {
        await using var cluster = await StartAsync();
        var created = await CreateAsync(cluster, trainers: 2);
        Assert.Equal("created", $"{created.Activity}");
        Assert.NotNull(created.Created);
        Assert.Null(created.Updated);

        var first = await cluster.Coke.OpenSessionAsync("run", 0);
        await UntilAsync(cluster, status => $"{status.Activity}" == "waiting for rank 1, which has not come yet");
        var second = await cluster.Coke.OpenSessionAsync("run", 1);
        await UntilAsync(cluster, status => status.Activity!.Kind == ActivityKind.Idle);

        // The scan: both push, then only the first ends.
        first.Report(lastEpoch: 1);
        await first.PushAsync(Ids(0, 4), Rows(0, 4));
        await second.PushAsync(Ids(Half, 4), Rows(Half, 4));
        var scanning = await UntilAsync(cluster, status => status.RowsInEpoch == 8);
        Assert.Equal(ActivityKind.Scanning, scanning.Activity!.Kind);
        Assert.NotNull(scanning.Updated);
        Assert.Null(scanning.SecondsLeft); // a scan says nothing of the pace of training
        var end = first.EndEpochAsync();
        await UntilAsync(cluster, status => $"{status.Activity}" == "waiting for rank 1, which has not sent its part");
        await Task.WhenAll(end, second.EndEpochAsync()).WaitAsync(Patience);

        // An epoch that trains: both push, then only the first.
        for (var i = 0; i < Half; i += 4)
        {
            await first.PushAsync(Ids(i, 4), Rows(i, 4));
            await second.PushAsync(Ids(Half + i, 4), Rows(Half + i, 4));
        }
        var training = await UntilAsync(cluster, status => status.RowsInEpoch == N);
        Assert.Equal(ActivityKind.Training, training.Activity!.Kind);
        await Task.WhenAll(first.EndEpochAsync(), second.EndEpochAsync()).WaitAsync(Patience);

        // The end: of one, of both, once more, and from the disk.
        await first.FinishAsync();
        var one = await cluster.Coke.GetStatusAsync("run");
        Assert.Equal([true, false], one.Trainers.Select(rank => rank.IsFinished));
        Assert.NotEqual(ActivityKind.Finished, one.Activity!.Kind);
        await second.FinishAsync();
        await second.FinishAsync();
        Assert.Equal(ActivityKind.Finished, (await cluster.Coke.GetStatusAsync("run")).Activity!.Kind);
        await Assert.ThrowsAsync<InvalidOptionsException>(() => first.PushAsync([0], Rows(0, 1)).AsTask());
        await first.DisposeAsync();
        await second.DisposeAsync();
        await cluster.StopSilosAsync();
        await cluster.StartSiloAsync();
        var after = await cluster.Coke.GetStatusAsync("run");
        Assert.Equal((RunState.Asleep, ActivityKind.Finished), (after.State, after.Activity!.Kind));
        Assert.Equal(created.Created, after.Created);
        Assert.NotNull(after.Updated);
        Assert.Equal(0, after.ImagesPerSecond);

        // Awake it is finished still; a newer trainer opens it again, and its rank alone has to finish once more.
        await cluster.Client.GetGrain<ISequencerGrain>(after.RunId).StartAsync();
        Assert.Equal(ActivityKind.Finished, (await cluster.Coke.GetStatusAsync("run")).Activity!.Kind);
        await using var again = await cluster.Coke.OpenSessionAsync("run", 1);
        var opened = await cluster.Coke.GetStatusAsync("run");
        Assert.Equal([true, false], opened.Trainers.Select(rank => rank.IsFinished));
        Assert.NotEqual(ActivityKind.Finished, opened.Activity!.Kind);
        await again.FinishAsync();
        Assert.Equal(ActivityKind.Finished, (await cluster.Coke.GetStatusAsync("run")).Activity!.Kind);
    }

    [Fact]
    public async Task Finish_OfAnOpenEpoch_OrOfATrainerThatWasReplaced_IsRefused()
    {
        await using var cluster = await StartAsync();
        var run = cluster.Client.GetGrain<IRunGrain>((await CreateAsync(cluster, trainers: 1)).Name);
        await using var older = await cluster.Coke.OpenSessionAsync("run");
        await older.PushAsync(Ids(0, 4), Rows(0, 4));
        Assert.Equal("epoch", (await Assert.ThrowsAsync<InvalidOptionsException>(() => older.FinishAsync())).Field);
        await Assert.ThrowsAsync<InvalidOptionsException>(() => run.FinishAsync(0, 2));
        await Assert.ThrowsAsync<UnknownPartException>(() => run.FinishAsync(1, 1));
        await Assert.ThrowsAsync<UnknownRunException>(() => run.FinishAsync(0, 1, "run~earlier"));
        await using var newer = await cluster.Coke.OpenSessionAsync("run");
        await Assert.ThrowsAsync<FencedTrainerException>(() => run.FinishAsync(0, 1));
        Assert.False((await cluster.Coke.GetStatusAsync("run")).Trainers[0].IsFinished);
    }

    [Fact]
    public async Task KilledTrainer_IsSilent_UntilAnotherTakesItsRank()
    {
        await using var cluster = await StartAsync(silentAfter: TimeSpan.FromSeconds(1.5));
        await CreateAsync(cluster, trainers: 2);
        await using var first = await cluster.Coke.OpenSessionAsync("run", 0);
        await using (await cluster.Coke.OpenSessionAsync("run", 1))
            await UntilAsync(cluster, status => status.Trainers.All(rank => rank.Report is not null));

        var silent = await UntilAsync(cluster, status => status.Trainers[1].IsSilent);
        Assert.Equal((ActivityKind.Waiting, WaitReason.Silent), (silent.Activity!.Kind, silent.Activity.Reason));
        Assert.Equal([1], silent.Activity.Ranks);
        Assert.InRange(silent.Trainers[1].SeenSecondsAgo!.Value, 1.5, 60);
        Assert.InRange(silent.Trainers[0].SeenSecondsAgo!.Value, 0, 1.5);
        Assert.False(silent.Trainers[0].IsSilent);
        Assert.Equal(1, silent.Trainers[1].Generation);

        await using var successor = await cluster.Coke.OpenSessionAsync("run", 1);
        var heard = await UntilAsync(cluster, status => status.Trainers[1] is { Generation: 2, Report: not null });
        Assert.Equal(ActivityKind.Idle, heard.Activity!.Kind);
    }

    [Fact]
    public async Task Report_OfATrainer_IsShownAsItIs_AndARefusedOneChangesNothing()
    {
        await using var cluster = await StartAsync();
        var run = await CreateAsync(cluster, trainers: 1);
        await using var session = await cluster.Coke.OpenSessionAsync("run");
        session.Report(loss: 2.5, learningRate: 0.1, lastEpoch: 3);
        session.Report(loss: double.NaN);
        foreach (var i in Enumerable.Range(0, 3))
            await session.PushAsync(Ids(4 * i, 4), Rows(4 * i, 4));
        var told = (await UntilAsync(cluster, status => status.Trainers[0].Report is { Loss: double.NaN, ImagesPerSecond: > 0 }))
            .Trainers[0]
            .Report!;
        Assert.Equal((0.1, 3), (told.LearningRate, told.LastEpoch));
        Assert.Equal((TrainerReport.PrintableHost(Environment.MachineName), Environment.ProcessId), (told.Host, told.ProcessId));
        Assert.InRange(told.WaitedShare!.Value, 0, 1);

        Assert.Equal("learningRate", Assert.Throws<InvalidReportException>(() => session.Report(loss: 1, learningRate: -1)).Field);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(run.RunId);
        await Assert.ThrowsAsync<InvalidReportException>(() => sequencer.ReportAsync(0, 1, new TrainerReport(WaitedShare: 2, Loss: 7)));
        await Assert.ThrowsAsync<InvalidReportException>(() => sequencer.ReportAsync(0, 1, null!));
        await Assert.ThrowsAsync<UnknownPartException>(() => sequencer.ReportAsync(1, 1, new TrainerReport(Loss: 7)));
        await Assert.ThrowsAsync<RunRecoveringException>(() => sequencer.ReportAsync(0, 2, new TrainerReport(Loss: 7)));
        Assert.Equal(double.NaN, (await cluster.Coke.GetStatusAsync("run")).Trainers[0].Report!.Loss);
        await session.EndEpochAsync().WaitAsync(Patience); // the session is well

        await using var newer = await cluster.Coke.OpenSessionAsync("run");
        await Assert.ThrowsAsync<FencedTrainerException>(() => sequencer.ReportAsync(0, 1, new TrainerReport(Loss: 7)));
        Assert.NotEqual(7, (await cluster.Coke.GetStatusAsync("run")).Trainers[0].Report?.Loss);
    }

    [Fact]
    public async Task TimeLeft_OfARunWhoseTrainerSaidHowFarItGoes_IsThatOfItsPace()
    {
        await using var cluster = await StartAsync();
        await CreateAsync(cluster, trainers: 1);
        await using var session = await cluster.Coke.OpenSessionAsync("run");
        await EpochAsync(session, N);
        await EpochAsync(session, N);
        await session.PushAsync(Ids(0, 4), Rows(0, 4));
        var unsaid = await UntilAsync(cluster, status => status is { Epoch: 2, RowsInEpoch: 4 });
        Assert.Null(unsaid.SecondsLeft);
        Assert.True(unsaid.ImagesPerSecond > 0);
        session.Report(lastEpoch: 9);
        await UntilAsync(cluster, status => status.Trainers[0].Report?.LastEpoch == 9);
        await session.PushAsync(Ids(4, 4), Rows(4, 4));
        var left = await UntilAsync(cluster, status => status is { RowsInEpoch: 8, SecondsLeft: not null });
        Assert.True(left.SecondsLeft > 0);
        session.Report(lastEpoch: 1); // it is beyond that
        await UntilAsync(cluster, status => status.Trainers[0].Report?.LastEpoch == 1 && status.SecondsLeft is null);
    }

    static async Task EpochAsync(TrainerSession session, int images)
    {
        for (var i = 0; i < images; i += 4)
            await session.PushAsync(Ids(i, 4), Rows(i, 4));
        await session.EndEpochAsync().WaitAsync(Patience);
    }

    static Task<TestCluster> StartAsync(TimeSpan? silentAfter = null) =>
        TestCluster.StartAsync(1, silo => silo.Services.Configure<SequencerOptions>(options =>
            {
                options.QuietTime = TimeSpan.FromMilliseconds(300); // so long no step is still
                options.SilentAfter = silentAfter ?? options.SilentAfter;
            }));

    static Task<RunStatus> CreateAsync(TestCluster cluster, int trainers) =>
        cluster.Coke.CreateRunAsync(
            new RunSpecification(
                "run",
                new ClusteringOptions
                {
                    ImageCount = N,
                    Dimension = D,
                    BatchSize = 8,
                    Heads = [new HeadOptions { ClusterCount = 3 }],
                },
                trainers
            )
        );

    /// <summary>The status, as soon as it is what the test waits for.</summary>
    static async Task<RunStatus> UntilAsync(TestCluster cluster, Predicate<RunStatus> reached)
    {
        using var patience = new CancellationTokenSource(Patience);
        var status = await cluster.Coke.GetStatusAsync("run", patience.Token);
        while (!reached(status))
            status = await cluster.Coke.WaitForChangeAsync(status, patience.Token);
        return status;
    }

    static int[] Ids(int first, int count) => [.. Enumerable.Range(first, count)];

    static float[] Rows(int first, int count) => Embeddings.Rows(first, count, D);
}
