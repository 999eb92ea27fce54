using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>Clients whose gateway dies go on by another, or by the same when its silo is back.</summary>
[Collection(PostgresCollection.Name)]
public sealed class GatewayTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    [Fact]
    public async Task Session_OneGatewayAfterTheOtherDies_GoesOnExactly()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await cluster.Coke.CreateRunAsync(shape.Specification(Run));

        // One gateway alone: while its silo is away there is no way to the run.
        await using var narrow = await CokeClient.ConnectAsync([cluster.Silos[0].Gateway]);
        await using var feeder = await Feeder.BeginAsync(narrow, Run, shape);
        await feeder.EpochAsync();
        await feeder.EpochAsync(async step =>
        {
            if (step != RunShape.StepsPerEpoch / 2)
                return;
            await cluster.Silos[0].KillAsync();
            await cluster.StartAsync(cluster.Silos[0]);
        });
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(narrow, Run, shape, feeder.Session.Epoch);
    }

    [Fact]
    public async Task Coke_ThroughADeadGateway_AsksAnother()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();

        await using var watch = Child.Coke(cluster.Gateways, "watch", Run, "--epochs", "4");
        await watch.UntilAsync(line => line.Contains("epoch 0", StringComparison.Ordinal));
        foreach (var dead in cluster.Silos)
        {
            await feeder.EpochAsync(step => step == RunShape.StepsPerEpoch / 2 ? dead.KillAsync() : Task.CompletedTask);
            foreach (
                var command in (string[][])
                    [
                        ["runs"],
                        ["stats", Run],
                        ["cluster-info", Run, "0", "17"],
                    ]
            )
            {
                await using var coke = Child.Coke(cluster.Gateways, command);
                var (code, lines, said) = await coke.EndAsync();
                Assert.True(code == 0 && lines.Length > 0, $"{string.Join(' ', command)}: {said}");
            }

            await cluster.StartAsync(dead);
        }

        await feeder.EpochAsync();
        var (exit, rest, error) = await watch.EndAsync();
        Assert.True(exit == 0, error);
        Assert.Contains(rest, line => line.Contains("epoch 3", StringComparison.Ordinal));
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }

    [Fact]
    public async Task Run_CreatedWhileASiloDies_IsCreated()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        var runs = Enumerable.Range(0, 4).Select(i => cluster.Coke.CreateRunAsync(shape.Specification($"run-{i}"))).ToArray();
        await cluster.Silos[1].KillAsync();
        await Task.WhenAll(runs);
        var late = await cluster.Coke.CreateRunAsync(shape.Specification(Run)); // perhaps at the place of what is dead
        Assert.Equal(RunState.Live, late.State);
        Assert.Equal(5, (await cluster.Coke.ListRunsAsync()).Count(run => run.Trouble is null));
        await using var feeder = await Feeder.BeginAsync(cluster.Coke, Run, shape);
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, 1);
    }
}
