using System.Diagnostics;
using CoKe.Simulation;

// dotnet run -c Release --project tests/Simulation -- --seeds 1000 --from 0 [--scenario NAME] [--threads 2] [--trace LINES]
// One seed with its whole trace: --seeds 1 --from SEED --trace 1000000
int Number(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? int.Parse(args[i + 1]) : otherwise;
string? Text(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;

var (seeds, from, lines, failures) = (Number("--seeds", 100), Number("--from", 0), Number("--trace", 200), 0);
foreach (var scenario in Scenarios.All.Where(s => Text("--scenario") is not { } name || s.Name == name))
{
    var (events, messages, virtualTime, astray, watch) = (0L, 0L, TimeSpan.Zero, ThreadPool.CompletedWorkItemCount, Stopwatch.StartNew());
    var failed = SeedRunner.Run(scenario, from, seeds, Number("--threads", 0), world =>
    {
        events += world.Events;
        messages += world.Network.Counts.Sent;
        virtualTime += world.Now;
    });
    foreach (var failure in failed.Take(3))
    {
        foreach (var line in failure.Trace.TakeLast(lines)) Console.WriteLine(line);
        Console.WriteLine($"FAILED {failure.Scenario}, seed {failure.Seed}: {failure.Error}");
    }

    Console.WriteLine(
        $"{scenario.Name}: {seeds} seeds from {from}, {failed.Count} failed{(failed.Count > 0 ? $" ({string.Join(' ', failed.Select(f => f.Seed).Take(50))})" : "")}; "
        + $"{messages:N0} messages, {events:N0} events, {virtualTime.TotalHours:F1} h of virtual time in {watch.Elapsed.TotalSeconds:F1} s");
    // Worlds run on threads of their own: whatever the pool did was done outside every actor, and perhaps not the same the next time.
    astray = ThreadPool.CompletedWorkItemCount - astray;
    if (astray > 0) Console.WriteLine($"{scenario.Name}: {astray} work items went to the thread pool; look for ConfigureAwait(false) and the like.");
    failures += failed.Count;
}

return failures == 0 ? 0 : 1;
