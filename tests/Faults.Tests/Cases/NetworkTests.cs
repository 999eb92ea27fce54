using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>Networks that lose what is sent, between two silos, in one direction, or between one of them and the database: a run goes on,
/// exactly.</summary>
public sealed class NetworkTests(ITestOutputHelper output)
{
    const string Run = "network";

    public enum Cut
    {
        SiloFromSilo,
        SiloFromSiloOneWay,
        SiloFromDatabase,
        SiloFromSiloAndDatabase,
    }

    public static TheoryData<Cut, int> Cuts
    {
        get
        {
            var cuts = new TheoryData<Cut, int>();
            foreach (var cut in Enum.GetValues<Cut>())
            {
                cuts.Add(cut, 0);
                cuts.Add(cut, 1);
            }

            return cuts;
        }
    }

    [NetworkTheory]
    [MemberData(nameof(Cuts))]
    public async Task Run_OnANetworkThatIsCut_GoesOnExactly(Cut cut, int at)
    {
        await using var network = await SiloNetwork.MakeAsync();
        await using var postgres = await PostgresServer.StartNewAsync(network.Database);
        await using var cluster = await SiloCluster.StartAsync(postgres, network, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();

        var (machine, other) = (network.Machines[at], network.Machines[1 - at]);
        var isCut = false;
        await feeder.EpochAsync(async step =>
        {
            if (step != RunShape.StepsPerEpoch / 4)
                return;
            isCut = true;
            if (cut is not Cut.SiloFromDatabase)
                await SiloNetwork.CutAsync(machine, other.Address);
            if (cut is Cut.SiloFromSilo or Cut.SiloFromSiloAndDatabase)
                await SiloNetwork.CutAsync(other, machine.Address);
            if (cut is Cut.SiloFromDatabase or Cut.SiloFromSiloAndDatabase)
                await SiloNetwork.CutAsync(machine, network.Database);
        });
        Assert.True(isCut);
        await feeder.EpochAsync();

        // One has to go: the silo without its database, or the one that the other declared dead. It hears of that only when it hears of
        // anything.
        if (cut is Cut.SiloFromDatabase)
            await cluster.Silos[at].Death;
        if (cut is not Cut.SiloFromDatabase)
            await SiloNetwork.MendAsync(machine, other.Address);
        if (cut is Cut.SiloFromSilo or Cut.SiloFromSiloAndDatabase)
            await SiloNetwork.MendAsync(other, machine.Address);
        if (cut is Cut.SiloFromDatabase or Cut.SiloFromSiloAndDatabase)
            await SiloNetwork.MendAsync(machine, network.Database);
        await Task.WhenAny(cluster.Silos.Select(silo => silo.Death));
        foreach (var silo in cluster.Silos.Where(silo => silo.Death.IsCompleted))
            await cluster.StartAsync(silo);
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
        await Replay.AssertSizesAsync(cluster.Coke, Run, cluster.Database, feeder.Session.Epoch);
    }
}
