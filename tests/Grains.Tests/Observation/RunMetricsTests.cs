using System.Diagnostics;
using System.Diagnostics.Metrics;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Observation;
using CoKe.Grains.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Observation;

/// <summary>What a silo says of a run is what happened: counted exactly, with what was repeated and refused.</summary>
public sealed class RunMetricsTests
{
    const int N = 64,
        D = 8,
        B = 16;

    [Fact]
    public async Task RepeatedAndRefusedMessages_AreCountedAsSuch_AndRowsOnce()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        using var metrics = Listen(cluster);
        var (runId, stream) = await BeginAsync(cluster, "counted");
        for (var n = 0; n < N / B; n++)
        {
            await stream.SendAsync(Batch(runId, n, n * B));
            await stream.SendAsync(Batch(runId, n, n * B)); // again
        }

        await stream.SendAsync(Batch(runId, 0, B)); // the first one's identity with the second one's content
        await stream.SendAsync(Batch(runId, N / B, 0)); // images that were there before
        await cluster.PollUntilAsync(runId, progress => progress.Refusals.Count == 2);
        await stream.SendAsync(End(runId, N / B));
        var report = await ReportAsync(cluster, "counted");

        var now = metrics.Collect();
        Assert.Equal(4, now["coke.run.batches{run=counted}"]);
        Assert.Equal(N, now["coke.run.rows{run=counted}"]);
        Assert.Equal(4, now["coke.run.steps{run=counted}"]);
        Assert.Equal(4, now["coke.run.dropped{run=counted}"]);
        Assert.Equal(1, now["coke.run.refusals{run=counted,kind=conflicting_content}"]);
        Assert.Equal(1, now["coke.run.refusals{run=counted,kind=invalid_image_id}"]);
        Assert.Equal(0, now["coke.run.refusals{run=counted,kind=invalid_end}"]);
        Assert.Equal(0, now["coke.run.refusals{run=counted,kind=invalid_embeddings}"]);
        Assert.Equal(1, now["coke.run.epochs{run=counted}"]);
        Assert.Equal(1, now["coke.run.recoveries{run=counted}"]);
        Assert.Equal(0, now["coke.run.failures{run=counted}"]);
        Assert.Equal(1, now["coke.run.epoch{run=counted}"]);
        Assert.Equal(0, now["coke.run.window{run=counted}"]);
        Assert.Equal(0, now["coke.run.reorder.size{run=counted}"]);
        for (var h = 0; h < 2; h++)
        {
            Assert.Equal(report.Heads[h].SmallestSize, now[$"coke.head.smallest{{run=counted,head={h}}}"]);
            Assert.Equal(report.Heads[h].MinimumSize, now[$"coke.head.minimum{{run=counted,head={h}}}"]);
            Assert.Equal(report.Heads[h].Violation, now[$"coke.head.violation{{run=counted,head={h}}}"]);
            Assert.Equal(report.Heads[h].MeanSimilarity, now[$"coke.head.similarity{{run=counted,head={h}}}"]);
            Assert.DoesNotContain($"coke.head.agreement{{run=counted,head={h}}}", now.Keys); // there was no epoch before
        }

        foreach (var (phase, times) in new[] { ("load", 4), ("score", 8), ("apply", 8), ("labels", 4) })
        {
            Assert.Equal(times, now[$"coke.step.phase.duration{{phase={phase}}}"]);
            Assert.True(now[$"coke.run.phase.time{{run=counted,phase={phase}}}"] > 0);
        }

        Assert.Equal(4, now["coke.step.duration"]);
        Assert.Equal(1, now["coke.boundary.duration"]);
        Assert.Equal(now["coke.run.checkpoints{run=counted}"], now.GetValueOrDefault("coke.checkpoint.duration"));
        Assert.True(now["coke.storage.duration{operation=write}"] > 0);
        Assert.Equal(
            (1, 1, 5, 17),
            (
                now["coke.silo.grains{kind=sequencer}"],
                now["coke.silo.grains{kind=scorer}"],
                now["coke.silo.grains{kind=block}"],
                now["coke.silo.grains{kind=cluster}"]
            )
        );

        // A run that is gone has no series.
        await cluster.Coke.DeleteRunAsync("counted");
        Assert.DoesNotContain(metrics.Collect().Keys, key => key.Contains("counted"));
    }

    [Fact]
    public async Task LostGrain_IsOneFailure_AndTheStepsItCostAreCounted()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        using var metrics = Listen(cluster);
        var (runId, stream) = await BeginAsync(cluster, "lost");
        await stream.SendAsync(Batch(runId, 0, 0));
        await cluster.PollUntilAsync(runId, progress => progress.Processed == 1);
        var live = await cluster.Coke.GetStatusAsync("lost");
        await cluster.LoseAsync(live);
        var after = live;
        while (after.Incarnation == live.Incarnation || after.State != RunState.Live)
            after = await cluster.Coke.WaitForChangeAsync(after);

        var now = metrics.Collect();
        Assert.Equal((2, 1), (now["coke.run.recoveries{run=lost}"], now["coke.run.failures{run=lost}"]));
        Assert.Equal(live.DurableStep == 1 ? 0 : now["coke.run.replayed{run=lost}"], now["coke.run.replayed{run=lost}"]);
        Assert.Equal(2, now["coke.recovery.duration"]);
    }

    [Fact]
    public async Task Step_IsOneActivity_WithItsPhasesBelowIt()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Traces.Name,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (ended)
                    ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var cluster = await TestCluster.StartAsync(1);
        var (runId, stream) = await BeginAsync(cluster, "traced");
        await stream.SendAsync(Batch(runId, 0, 0));
        await stream.SendAsync(End(runId, 1));
        await ReportAsync(cluster, "traced");

        Activity[] all;
        lock (ended)
            all = [.. ended];
        var own = all.Where(activity => Equals(activity.GetTagItem("coke.run"), "traced")).ToArray();
        Assert.All(own, activity => Assert.Null(activity.ParentId));
        var step = Assert.Single(own, activity => activity.OperationName == "coke.step");
        Assert.Equal(B, step.GetTagItem("coke.rows"));
        Assert.Equal(
            ["coke.step.apply", "coke.step.apply", "coke.step.labels", "coke.step.load", "coke.step.score", "coke.step.score"],
            all.Where(activity => activity.ParentSpanId == step.SpanId).Select(activity => activity.OperationName).Order()
        );
        Assert.Single(own, activity => activity.OperationName == "coke.recovery");
        Assert.Single(own, activity => activity.OperationName == "coke.boundary");
    }

    static CollectedMetrics Listen(TestCluster cluster) => new(cluster.Silos[0].ServiceProvider.GetRequiredService<IMeterFactory>());

    static async Task<(string RunId, RawStream Stream)> BeginAsync(TestCluster cluster, string run)
    {
        var options = new ClusteringOptions
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Heads = [new HeadOptions { ClusterCount = 10, MinimumSizeRatio = 0.5 }, new HeadOptions { ClusterCount = 7 }],
        };
        await cluster.Coke.CreateRunAsync(new RunSpecification(run, options));
        var (stream, runId) = await cluster.OpenStreamAsync(run);
        await cluster.AdmitAsync(run, 0);
        return (runId, stream);
    }

    static async Task<EpochReport> ReportAsync(TestCluster cluster, string run)
    {
        var status = await cluster.Coke.GetStatusAsync(run);
        while (status.Epoch == 0)
            status = await cluster.Coke.WaitForChangeAsync(status);
        return status.LastEpoch!;
    }

    static MiniBatch Batch(string runId, int n, int firstImage) =>
        new(
            runId,
            new BatchIdentity(0, 0, 0, n),
            1,
            1,
            new IntValues([.. Enumerable.Range(firstImage, B)]),
            new FloatValues(Embeddings.Rows(firstImage, B, D)),
            null
        );

    static MiniBatch End(string runId, int count) =>
        new(runId, new BatchIdentity(0, 0, 0, count), 1, 1, new IntValues([]), new FloatValues([]), count);
}
