using System.Text.Json;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>Trainers that die, come twice, or stay away.</summary>
[Collection(PostgresCollection.Name)]
public sealed class TrainerTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    [Fact]
    public async Task Trainer_KilledInMidEpochAndStartedAgain_TheRunIsExact()
    {
        const int Epochs = 3;
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await cluster.Coke.CreateRunAsync(shape.Specification(Run));
        await using (var trainer = Child.Trainer(cluster.Gateways, Run, 0, Epochs, halt: $"1:{RunShape.StepsPerEpoch / 2}"))
        {
            await trainer.UntilAsync(line => line == $"step 1 {RunShape.StepsPerEpoch / 2}");
            await trainer.KillAsync();
        }

        await using var next = Child.Trainer(cluster.Gateways, Run, 0, Epochs);
        var (exit, lines, error) = await next.EndAsync();
        Assert.True(exit == 0, error);
        Assert.Equal("step 1 0", lines[0]); // it begins the epoch anew
        Assert.Equal(1, (await cluster.Coke.GetStatusAsync(Run)).Attempt);
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, Epochs);
    }

    [Fact]
    public async Task Demo_KilledAndResumedWhileASiloDies_EqualsTheRunThatWasNot()
    {
        string[] options = ["--images", "400", "--epochs", "3", "--heads", "10", "20", "--seed", "6", "--threads", "1"];
        using var folder = new TemporaryFolder();
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var killed = folder.File("killed");
        await using (var demo = Child.Demo(cluster.Gateways, [.. options, "--out", killed, "--run", "killed"]))
        {
            await demo.UntilAsync(line => line.StartsWith("scan", StringComparison.Ordinal)); // it trains
            await Task.WhenAll(demo.KillAsync(), cluster.Silos[0].KillAsync());
        }

        await CompleteAsync(Child.Demo([], "--resume", killed));
        var whole = folder.File("whole");
        await CompleteAsync(Child.Demo(cluster.Gateways, [.. options, "--out", whole, "--run", "whole"]));
        Assert.Equal(Trace(whole), Trace(killed));

        static async Task CompleteAsync(Child demo)
        {
            await using (demo)
            {
                var (exit, _, error) = await demo.EndAsync();
                Assert.True(exit == 0, error);
            }
        }

        static string Trace(string run)
        {
            var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement;
            return string.Join(
                '\n',
                ((string[])["loss_trace", "label_hashes", "acc", "nmi"]).Select(name => $"{name} {summary.GetProperty(name).GetRawText()}")
            );
        }
    }

    [Fact]
    public async Task TwoTrainersOfOneRank_TheOlderIsFencedWithAClearError()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var older = await cluster.FeedAsync(Run, shape);
        await older.EpochAsync();
        await older.PushAsync(0, RunShape.StepsPerEpoch / 2);
        await using var otherClient = await CokeClient.ConnectAsync([.. cluster.Gateways.Reverse()]);
        await using var newer = await Feeder.BeginAsync(otherClient, Run, shape);
        var fenced = await Assert.ThrowsAsync<FencedTrainerException>(() =>
            older
                .PushAsync(RunShape.StepsPerEpoch / 2, RunShape.StepsPerEpoch)
                .ContinueWith(pushed => pushed.IsFaulted ? pushed : older.Session.EndEpochAsync(), TaskScheduler.Default)
                .Unwrap()
        );
        Assert.Equal(
            $"Trainer 0 of run '{Run}' (generation 1) was replaced by generation 2. Stop this trainer, "
                + "or open a new session to take the rank back.",
            fenced.Message
        );
        await newer.EpochAsync();
        await newer.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, newer.Session.Epoch);
    }

    [Fact]
    public async Task TrainerThatStaysAwayFromTheBarrier_IsNamedInTheStatus()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape(Trainers: 2);
        await cluster.Coke.CreateRunAsync(shape.Specification(Run));
        await using var first = await Feeder.BeginAsync(cluster.Coke, Run, shape, rank: 0);
        Assert.Contains("waits for trainer 1, which has not come yet.", await RunsAsync(cluster));
        await using var second = await Feeder.BeginAsync(cluster.Coke, Run, shape, rank: 1);
        await Task.WhenAll(first.EpochAsync(), second.EpochAsync());

        var epoch = first.EpochAsync();
        await second.PushAsync(0, RunShape.StepsPerEpoch);
        var status = await cluster.UntilAsync(Run, run => run.Trainers[1].IsAwaited && run.RowsInEpoch == RunShape.N);
        Assert.False(epoch.IsCompleted);
        Assert.True(status.Trainers[0].Ended);
        Assert.False(status.Trainers[1].Ended);
        Assert.Contains("waits for trainer 1 to end epoch 1.", await RunsAsync(cluster));

        await second.Session.EndEpochAsync();
        await epoch;
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, 2);
    }

    static async Task<string> RunsAsync(SiloCluster cluster)
    {
        await using var coke = Child.Coke(cluster.Gateways, "runs");
        var (exit, lines, error) = await coke.EndAsync();
        Assert.True(exit == 0, error);
        return string.Join('\n', lines);
    }
}
