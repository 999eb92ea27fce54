using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>A silo joins, and one is told to stop, while a trainer pushes: the run moves, and nothing is lost.</summary>
[Collection(PostgresCollection.Name)]
public sealed class ComingAndGoingTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    [Fact]
    public async Task SiloJoinsAndAnotherIsToldToStop_UnderLoad_TheRunMovesExactly()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output, later: 1);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();

        var joiner = cluster.Silos[2];
        var joined = Task.CompletedTask;
        await feeder.EpochAsync(step =>
        {
            if (step == RunShape.StepsPerEpoch / 2)
                joined = JoinAsync();
            return Task.CompletedTask;
        });
        while (!joined.IsCompleted)
            await feeder.EpochAsync();
        await joined;

        foreach (var leaver in Length.Of(cluster.Silos.Take(1), cluster.Silos.Take(2)))
        {
            var left = Task.CompletedTask;
            await feeder.EpochAsync(step =>
            {
                if (step == RunShape.StepsPerEpoch / 2)
                    left = leaver.StopAsync();
                return Task.CompletedTask;
            });
            while (!left.IsCompleted)
                await feeder.EpochAsync();
            await left;
            Assert.Equal(0, leaver.ExitCode);
            Assert.DoesNotContain("Not every run was checkpointed", leaver.Output);
        }

        await feeder.EpochAsync();
        Assert.Equal(0, (await cluster.Coke.GetStatusAsync(Run)).Attempt);
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);

        async Task JoinAsync()
        {
            await cluster.StartAsync(joiner);
            await cluster.UntilTakesPartAsync(joiner, Run);
        }
    }
}
