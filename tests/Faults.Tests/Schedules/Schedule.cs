using CoKe.ConstrainedKMeans;
using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Schedules;

/// <summary>Random faults of silos, trainer and PostgreSQL, all from one seed. When each meets the silos is up to the machine; what comes
/// of it must not be.</summary>
/// <param name="Silos">How many silos there are.</param>
/// <param name="Faults">In order.</param>
sealed record Schedule(int Silos, IReadOnlyList<Fault> Faults)
{
    const int Epochs = 3,
        MostFaults = 4,
        MostSteps = 30;
    const string Run = "run";

    public static Schedule Of(int seed)
    {
        var random = new SeededRandom(seed, 11);
        var silos = 2 + random.NextInt32(2);
        var kinds = Enum.GetValues<FaultKind>();
        return new Schedule(
            silos,
            [
                .. Enumerable
                    .Range(0, 2 + random.NextInt32(MostFaults - 1))
                    .Select(_ => new Fault(
                        kinds[random.NextInt32(kinds.Length)],
                        random.NextInt32(silos),
                        random.NextInt32(4) == 0 ? 0 : 1 + random.NextInt32(MostSteps)
                    )),
            ]
        );
    }

    /// <summary>Runs it, and compares the run with the oracle.</summary>
    public async Task RunAsync(PostgresServer postgres, ITestOutputHelper? output = null)
    {
        await using var cluster = await SiloCluster.StartAsync(postgres, Silos, output);
        var shape = new RunShape();
        await cluster.Coke.CreateRunAsync(shape.Specification(Run));
        await using (new Keeper(cluster))
        {
            var trainer = Child.Trainer(cluster.Gateways, Run, 0, Epochs);
            try
            {
                foreach (var fault in Faults)
                {
                    // On a busy machine it may be at its end before its lines are read.
                    for (var steps = fault.Steps; steps > 0 && await trainer.NextAsync() is { } line;)
                        if (line.StartsWith("step", StringComparison.Ordinal))
                            steps--;
                    if (fault.Kind != FaultKind.TrainerKilled)
                    {
                        await StrikeAsync(cluster, fault);
                        continue;
                    }

                    await trainer.KillAsync();
                    await trainer.DisposeAsync();
                    trainer = Child.Trainer(cluster.Gateways, Run, 0, Epochs);
                }

                var (exit, _, error) = await trainer.EndAsync();
                Assert.True(exit == 0, error);
            }
            finally
            {
                await trainer.DisposeAsync();
            }
        }

        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, Epochs);
        await Replay.AssertSizesAsync(cluster.Coke, Run, cluster.Database, Epochs);
    }

    static async Task StrikeAsync(SiloCluster cluster, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.SiloKilled:
                await cluster.Silos[fault.Silo].KillAsync();
                break;
            case FaultKind.SiloStopped:
                cluster.Silos[fault.Silo].Terminate();
                break;
            case FaultKind.EverySiloKilled:
                await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()));
                break;
            case FaultKind.PostgresKilled:
                await cluster.Postgres.StopAsync();
                await cluster.Postgres.StartAsync();
                break;
            case FaultKind.ConnectionsCut:
                await cluster.Postgres.CutConnectionsAsync(cluster.Database);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }
}
