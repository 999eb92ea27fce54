using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using CoKe.Grains.Protocol;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>Silos that kill themselves in the middle of a checkpoint, a recovery or a boundary: what counts is the old state or the new
/// one, never a mix.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FailpointTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    [Fact]
    public async Task Silos_KilledAtFailpoints_OneSessionGoesOnExactly()
    {
        // Each is given to the silo that dies next. Whichever of the two has the sequencer reaches it.
        var failpoints = Length.Of<string[]>(
            ["checkpoint.saved:2", "boundary.saved:1", "recovery.restored:1"],
            [.. Failpoints.All.Select(name => $"{name}:{(name.StartsWith("checkpoint", StringComparison.Ordinal) ? 3 : 1)}")]
        );
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        await using (var keeper = new Keeper(cluster, failpoints))
        {
            await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync())); // both come back with a failpoint
            do await feeder.EpochAsync();
            while (keeper.Deaths < failpoints.Length + 1);
            output.WriteLine($"{keeper.Deaths} deaths");
            Assert.Equal(0, keeper.Left);
        }

        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
        await Replay.AssertSizesAsync(cluster.Coke, Run, cluster.Database, feeder.Session.Epoch);
    }
}
