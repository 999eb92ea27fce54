using System.Net;
using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>PostgreSQL goes away, cuts its connections, or has no room: the trainer waits, nothing counts as durable that is not, and the
/// run goes on.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    // Short: until the silos have noticed.
    static readonly TimeSpan AtLeast = Length.Of(TimeSpan.Zero, TimeSpan.FromSeconds(30));

    public static TheoryData<bool> Killed => [.. Length.Of<bool[]>([false], [false, true])];

    [Theory]
    [MemberData(nameof(Killed))]
    public async Task Server_StoppedInMidEpoch_TheTrainerWaitsAndTheRunGoesOnExactly(bool silosToo)
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        await feeder.PushAsync(0, RunShape.StepsPerEpoch / 4);

        await postgres.Server.StopAsync();
        Task epoch;
        try
        {
            epoch = RestAsync(feeder);
            var began = TimeProvider.System.GetTimestamp();
            foreach (var silo in cluster.Silos)
                await SiloCluster.UntilHealthAsync(silo, (code, text) =>
                    code == HttpStatusCode.ServiceUnavailable && text.Contains("PostgreSQL", StringComparison.Ordinal)
                );
            // The run tries to recover, in vain.
            await Task.WhenAny(
                cluster.Silos.Select(silo =>
                    SiloCluster.UntilHealthAsync(silo, (_, text) => text.Contains("the run goes on by itself", StringComparison.Ordinal))
                )
            );
            var left = AtLeast - TimeProvider.System.GetElapsedTime(began);
            if (left > TimeSpan.Zero)
                await Task.Delay(left);
            Assert.False(epoch.IsCompleted);

            // Had the trainer forgotten anything that is not stored, nobody could tell it any more.
            if (silosToo)
                await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()));
        }
        finally
        {
            await postgres.Server.StartAsync();
        }

        if (silosToo)
            await Task.WhenAll(cluster.Silos.Select(cluster.StartAsync));
        await epoch;
        await feeder.EpochAsync();
        await ReadyAsync(cluster);
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
        await Replay.AssertSizesAsync(cluster.Coke, Run, cluster.Database, feeder.Session.Epoch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Silo_ThatAloneLosesTheServer_GivesWayAndTheRunGoesOnExactly(bool withTheSequencer)
    {
        await using var way = new BrokenWay(postgres.Server);
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output, connection: (silo, database) =>
            silo == 1 ? way.To(database) : database
        );
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        var status = await cluster.Coke.GetStatusAsync(Run);
        // The run's own grain lives where it was made: have it be on the silo that loses the server, or on the other.
        if (cluster.SequencerOf(status) == cluster.Silos[1] != withTheSequencer)
        {
            await cluster.SequencerOf(status).KillAsync();
            await cluster.StartAsync(cluster.Silos[withTheSequencer ? 0 : 1]);
            await feeder.EpochAsync();
        }

        await feeder.PushAsync(0, RunShape.StepsPerEpoch / 4);
        way.Break();
        await cluster.Silos[1].Death;
        Assert.Contains(
            "This silo gives way, because it alone has lost the PostgreSQL database",
            Assert.Single(cluster.Silos[1].ErrorLines, line => line.Contains("gives way", StringComparison.Ordinal))
        );
        await RestAsync(feeder);
        way.Mend();
        await cluster.StartAsync(cluster.Silos[1]);
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }

    [Fact]
    public async Task Trainer_ComesWhileTheServerIsAway_WaitsForIt()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await cluster.Coke.CreateRunAsync(shape.Specification(Run));
        await postgres.Server.StopAsync();
        Task<Feeder> coming;
        try
        {
            coming = Feeder.BeginAsync(cluster.Coke, Run, shape);
            await Task.WhenAll(
                cluster.Silos.Select(silo => SiloCluster.UntilHealthAsync(silo, (code, _) => code == HttpStatusCode.ServiceUnavailable))
            );
            Assert.False(coming.IsCompleted);
        }
        finally
        {
            await postgres.Server.StartAsync();
        }

        await using var feeder = await coming;
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, 1);
    }

    [Fact]
    public async Task Connections_CutAgainAndAgain_TheRunGoesOnExactly()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        await feeder.EpochAsync(step => step % 10 == 5 ? postgres.Server.CutConnectionsAsync(cluster.Database) : Task.CompletedTask);
        await feeder.EpochAsync();
        await ReadyAsync(cluster);
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }

    [Fact]
    public async Task Disk_FullInMidEpoch_IsSaidClearlyAndTheRunGoesOnExactlyWhenThereIsRoom()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        await feeder.PushAsync(0, RunShape.StepsPerEpoch / 4);

        // Everything that was pushed is durable; after that nothing can be.
        var durable = (
            await cluster.UntilAsync(Run, run => run.DurableStep == RunShape.StepsPerEpoch + (RunShape.StepsPerEpoch / 4))
        ).DurableStep;
        await PostgresServer.FillDiskAsync(cluster.Database);
        var epoch = RestAsync(feeder);
        var status = await cluster.UntilAsync(Run, run => run.Hindrance is not null);
        Assert.Matches("^The disk of the PostgreSQL database .* is full: free space; the run goes on by itself.$", status.Hindrance);
        await Task.WhenAny(
            cluster.Silos.Select(silo =>
                SiloCluster.UntilHealthAsync(silo, (code, text) =>
                    code == HttpStatusCode.ServiceUnavailable && text.Contains(status.Hindrance!, StringComparison.Ordinal)
                )
            )
        );
        // It tries again and again, and nothing counts as durable that is not.
        for (var tries = Length.Of(3, 20); tries > 0; tries--)
        {
            Assert.Equal(durable, status.DurableStep);
            status = await cluster.Coke.WaitForChangeAsync(status);
        }

        Assert.False(epoch.IsCompleted);

        await PostgresServer.FreeDiskAsync(cluster.Database);
        await epoch;
        await feeder.EpochAsync();
        await ReadyAsync(cluster);
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }

    static async Task RestAsync(Feeder feeder)
    {
        await feeder.PushAsync(RunShape.StepsPerEpoch / 4, RunShape.StepsPerEpoch);
        await feeder.Session.EndEpochAsync();
    }

    static Task ReadyAsync(SiloCluster cluster) =>
        Task.WhenAll(
            cluster.Silos.Select(silo => SiloCluster.UntilHealthAsync(silo, (code, text) => (code, text) == (HttpStatusCode.OK, "ready")))
        );
}
