using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Session;
using CoKe.Testing;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>
/// How long a run stands still when one of two silo processes on PostgreSQL dies by kill -9, at the paper's rate: from the kill to the first
/// step that is accepted after it, as a client sees it, and until it is where it was. Both silos hold clusters; one of them has the sequencer too.
/// </summary>
internal static class FaultBenchmark
{
    const string Run = "faults";
    const double Budget = 5_000; // ms
    const int StepsBetween = 40;

    public static async Task<BudgetTable> RunAsync(int rounds)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var (other, sequencer) = (new List<Standstill>(), new List<Standstill>());
        for (var round = 0; round < rounds; round++)
        {
            var database = await postgres.CreateDatabaseAsync();
            SiloProgram[] silos = [.. Enumerable.Range(0, 2).Select(_ => new SiloProgram(null, "--storage", "postgres") { Connection = database })];
            try
            {
                await Task.WhenAll(silos.Select(StartAsync));
                await using var coke = await CokeClient.ConnectAsync([.. silos.Select(silo => silo.Gateway)]);
                await coke.CreateRunAsync(new RunSpecification(Run, Load.Options(3000)));
                await using var session = await coke.OpenSessionAsync(Run);
                using var end = new CancellationTokenSource();
                var feeding = Load.FeedAsync(session, end.Token);
                foreach (var (withSequencer, times) in new[] { (false, other), (true, sequencer) })
                {
                    var run = await SettledAsync(coke, silos.Length);
                    var home = Array.FindIndex(silos, silo => silo.Output.Contains($"Run {run.RunId} is live: incarnation {run.Incarnation},", StringComparison.Ordinal));
                    var victim = withSequencer ? home : 1 - home;
                    times.Add(await KillAsync(coke, silos[victim], run));
                    await StartAsync(silos[victim]);
                }

                await end.CancelAsync();
                await feeding;
            }
            finally
            {
                foreach (var silo in silos) await silo.DisposeAsync();
            }
        }

        return new BudgetTable("faults", $"b {Load.B}, d {Load.D}, K 3000, N {Load.N}; two silo processes, PostgreSQL, {Load.ImagesPerSecond:N0} img/s",
        [
            First("the silo without the sequencer", other), First("the silo with the sequencer", sequencer),
            Regained("the silo without the sequencer", other), Regained("the silo with the sequencer", sequencer),
        ]);
    }

    static async Task StartAsync(SiloProgram silo)
    {
        if (!await silo.StartAsync()) throw new InvalidOperationException($"The silo ended: {silo.Output}");
    }

    static BudgetRow First(string victim, List<Standstill> times) =>
        new($"first step after kill -9 of {victim}", "ms", [.. times.Select(time => time.First)], [], [.. times.Select(time => time.First / Budget)], 1);

    static BudgetRow Regained(string victim, List<Standstill> times) =>
        new($"what was not durable computed again, {victim}", "ms", [.. times.Select(time => time.Regained)], [], [], null);

    /// <summary>Both silos hold clusters, and a number of steps have been accepted since.</summary>
    static async Task<RunStatus> SettledAsync(CokeClient coke, int silos)
    {
        var run = await coke.GetStatusAsync(Run);
        while (await SilosOf(coke, run) < silos) run = await coke.WaitForChangeAsync(run);
        var from = run.Step;
        while (run.State != RunState.Live || run.Step < from + StepsBetween) run = await coke.WaitForChangeAsync(run);
        return run;
    }

    static async Task<int> SilosOf(CokeClient coke, RunStatus run)
    {
        var firsts = Enumerable.Range(0, run.Layout.BlockCount(3000)).Select(block => coke.GetClusterAsync(Run, 0, block * run.Layout.ClustersPerBlock));
        return (await Task.WhenAll(firsts)).Select(cluster => cluster.Silo).Distinct().Count();
    }

    /// <returns>ms until the first step of the next incarnation, and until the run has regained what it had and one step more.</returns>
    static async Task<Standstill> KillAsync(CokeClient coke, SiloProgram silo, RunStatus run)
    {
        var (began, most) = (run.Incarnation, run.Step);
        var killed = Stopwatch.GetTimestamp();
        var dying = silo.KillAsync();
        while (run.Incarnation == began) run = await coke.WaitForChangeAsync(run);
        for (var from = run.DurableStep; run.Step <= from;) run = await coke.WaitForChangeAsync(run);
        var first = Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
        await dying;
        while (run.Step <= most) run = await coke.WaitForChangeAsync(run);
        var times = new Standstill(first, Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
        Console.Error.WriteLine($"  first step after {times.First:F0} ms, regained after {times.Regained:F0} ms: step {run.Step}, incarnation {run.Incarnation}");
        return times;
    }

    sealed record Standstill(double First, double Regained);
}
