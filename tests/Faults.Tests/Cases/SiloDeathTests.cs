using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>kill -9 of silos while a trainer pushes.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SiloDeathTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    public static TheoryData<int> Silos => [.. Length.Of<int[]>([2], [2, 3])];

    [Theory]
    [MemberData(nameof(Silos))]
    public async Task EachSilo_KilledInMidEpoch_TheOthersGoOnExactly(int silos)
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, silos, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        foreach (var victim in cluster.Silos)
        {
            await cluster.UntilTakesPartAsync(victim, Run);
            await feeder.EpochAsync(step => step == RunShape.StepsPerEpoch / 2 ? victim.KillAsync() : Task.CompletedTask);
            Assert.True(victim.Death.IsCompleted);
            await cluster.StartAsync(victim);
        }

        Assert.All(cluster.Silos, silo => Assert.DoesNotContain("   at ", silo.Output)); // one line each, no stacks
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
        await Replay.AssertSizesAsync(cluster.Coke, Run, cluster.Database, feeder.Session.Epoch);
    }

    [Fact]
    public async Task EverySilo_KilledInMidEpoch_TheRunResumesFromItsManifestExactly()
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        var durable = 0L;
        await feeder.EpochAsync(async step =>
        {
            if (step != RunShape.StepsPerEpoch / 2)
                return;
            durable = (await cluster.UntilAsync(Run, status => status.DurableStep > RunShape.StepsPerEpoch)).DurableStep;
            await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()));
            await Task.WhenAll(cluster.Silos.Select(cluster.StartAsync));
        });
        await feeder.EpochAsync();
        Assert.All(cluster.Silos, silo => Assert.DoesNotContain("cannot go on", silo.Output));
        // What was durable in mid-epoch was not computed again.
        Assert.Contains(cluster.Silos, silo => LiveSteps(silo.Output).Any(s => s > durable));
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }

    // "Run ... is live: incarnation 3, epoch 1, step 77." An epoch's end counts as a step.
    static IEnumerable<long> LiveSteps(string output) =>
        output
            .Split('\n')
            .Where(line => line.Contains("is live: incarnation", StringComparison.Ordinal))
            .Select(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..].TrimEnd('.')));
}
