using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>
/// How long a run stands still when one of two silo processes on PostgreSQL dies by kill -9, at the paper's rate: from the kill to the
/// first step that is accepted after it, as a client sees it, and until it is where it was. Both silos hold clusters; one of them has the
/// sequencer too.
/// </summary>
static class FaultBenchmark
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
            await using var pair = await SiloPair.StartAsync(postgres);
            var coke = pair.Client;
            await coke.CreateRunAsync(new RunSpecification(Run, Load.Options(3000)));
            await using var session = await coke.OpenSessionAsync(Run);
            using var end = new CancellationTokenSource();
            var feeding = Load.FeedAsync(session, end.Token);
            foreach (var (withSequencer, times) in new[] { (false, other), (true, sequencer) })
            {
                var run = await SettledAsync(pair);
                var home = Array.FindIndex(pair.Silos, silo =>
                    silo.Output.Contains($"Run {run.RunId} is live: incarnation {run.Incarnation},", StringComparison.Ordinal)
                );
                var victim = pair.Silos[withSequencer ? home : 1 - home];
                times.Add(await KillAsync(coke, victim, run));
                await SiloPair.StartAsync(victim);
            }

            await end.CancelAsync();
            await feeding;
        }

        return new BudgetTable(
            "faults",
            $"b {Load.B}, d {Load.D}, K 3000, N {Load.N}; two silo processes, PostgreSQL, {Load.ImagesPerSecond:N0} img/s",
            [
                First("the silo without the sequencer", other),
                First("the silo with the sequencer", sequencer),
                Regained("the silo without the sequencer", other),
                Regained("the silo with the sequencer", sequencer),
            ]
        );
    }

    static BudgetRow First(string victim, List<Standstill> times) =>
        new(
            $"first step after kill -9 of {victim}",
            "ms",
            [.. times.Select(time => time.First)],
            [],
            [.. times.Select(time => time.First / Budget)],
            1
        );

    static BudgetRow Regained(string victim, List<Standstill> times) =>
        new($"what was not durable computed again, {victim}", "ms", [.. times.Select(time => time.Regained)], [], [], null);

    /// <summary>Both silos hold clusters, and a number of steps have been accepted since.</summary>
    static async Task<RunStatus> SettledAsync(SiloPair pair)
    {
        var run = await pair.SpreadAsync(Run);
        var from = run.Step;
        while (run.State != RunState.Live || run.Step < from + StepsBetween)
            run = await pair.Client.WaitForChangeAsync(run);
        return run;
    }

    /// <returns>ms until the first step of the next incarnation, and until the run has regained what it had and one step more.</returns>
    static async Task<Standstill> KillAsync(CokeClient coke, SiloProgram silo, RunStatus run)
    {
        var (began, most) = (run.Incarnation, run.Step);
        var killed = Stopwatch.GetTimestamp();
        var dying = silo.KillAsync();
        while (run.Incarnation == began)
            run = await coke.WaitForChangeAsync(run);
        for (var from = run.DurableStep; run.Step <= from;)
            run = await coke.WaitForChangeAsync(run);
        var first = Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
        await dying;
        while (run.Step <= most)
            run = await coke.WaitForChangeAsync(run);
        var times = new Standstill(first, Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
        Console.Error.WriteLine(
            $"  first step after {times.First:F0} ms, regained after {times.Regained:F0} ms: step {run.Step}, incarnation {run.Incarnation}"
        );
        return times;
    }

    sealed record Standstill(double First, double Regained);
}
