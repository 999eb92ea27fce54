using System.CommandLine;
using System.Diagnostics;
using CoKe.Simulation.Mutations;

namespace CoKe.Simulation.CommandLine;

/// <summary>The simulation as a program: many seeds, or one with its trace, or the mutation check.</summary>
static class SimulationCommand
{
    const int Shown = 3;

    public static RootCommand Create()
    {
        var seeds = new Option<int>("--seeds")
        {
            Description = "How many seeds to run.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        var from = new Option<int>("--from")
        {
            Description = "The first of them.",
            HelpName = "SEED",
            DefaultValueFactory = _ => 0,
        };
        var seed = new Option<int?>("--seed") { Description = "This seed alone.", HelpName = "SEED" };
        var trace = new Option<int?>("--trace")
        {
            Description = "Print the trace, or its last LINES: of --seed, or of what fails.",
            HelpName = "LINES",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var first = new Option<bool>("--first") { Description = "Stop at the first seed that fails." };
        var scenario = new Option<string>("--scenario") { Description = "What is simulated.", DefaultValueFactory = _ => "run" };
        scenario.AcceptOnlyFromAmong([.. Scenarios.All.Select(s => s.Name)]);
        var threads = new Option<int>("--threads")
        {
            Description = "Threads, a world on each; 0: one per core.",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
        };
        var root = new RootCommand(
            "Runs the protocol's actors in a simulated world that breaks everything it can. A failing seed is printed; it replays exactly."
        )
        {
            seeds,
            from,
            seed,
            trace,
            first,
            scenario,
            threads,
        };
        root.Add(MutateCommand.Create());
        root.SetAction(parse =>
        {
            var chosen = Scenarios.All.Single(s => s.Name == parse.GetValue(scenario));
            // Without a number the whole trace; without the option only the end of what fails.
            var lines = parse.GetValue(trace) ?? (parse.GetResult(trace) is null ? 200 : int.MaxValue);
            if (parse.GetValue(seed) is { } one)
                return RunOne(chosen, one, parse.GetResult(trace) is null ? 0 : lines);
            return parse.GetValue(first)
                ? RunToFirst(chosen, parse.GetValue(from), parse.GetValue(seeds), parse.GetValue(threads))
                : RunAll(chosen, parse.GetValue(from), parse.GetValue(seeds), parse.GetValue(threads), lines);
        });
        return root;
    }

    static int RunOne(Scenario scenario, int seed, int lines)
    {
        var (error, trace) = SeedRunner.Trace(scenario, seed);
        foreach (var line in trace.TakeLast(lines))
            Console.WriteLine(line);
        Console.WriteLine(error is null ? $"passed {scenario.Name}, seed {seed}" : Failure(scenario, seed, error));
        return error is null ? 0 : 1;
    }

    static int RunToFirst(Scenario scenario, int from, int seeds, int threads)
    {
        var failure = SeedRunner.FirstFailure(scenario, from, seeds, threads);
        Console.WriteLine(failure is { } f ? Failure(scenario, f.Seed, f.Error) : $"{scenario.Name}: {seeds} seeds from {from}, 0 failed");
        return failure is null ? 0 : 1;
    }

    static int RunAll(Scenario scenario, int from, int seeds, int threads, int lines)
    {
        var (events, messages, virtualTime, astray, watch) = (
            0L,
            0L,
            TimeSpan.Zero,
            ThreadPool.CompletedWorkItemCount,
            Stopwatch.StartNew()
        );
        var failed = SeedRunner.Run(scenario, from, seeds, threads, world =>
        {
            events += world.Events;
            messages += world.Network.Counts.Sent;
            virtualTime += world.Now;
        });
        foreach (var failure in failed.Take(Shown))
        {
            foreach (var line in failure.Trace.TakeLast(lines))
                Console.WriteLine(line);
            Console.WriteLine(Failure(scenario, failure.Seed, failure.Error));
        }

        Console.WriteLine(
            $"{scenario.Name}: {seeds} seeds from {from}, "
                + $"{failed.Count} failed{(failed.Count > 0 ? $" ({string.Join(' ', failed.Select(f => f.Seed).Take(50))})" : "")}; "
                + $"{messages:N0} messages, {events:N0} events, {virtualTime.TotalHours:F1} h of virtual time in "
                + $"{watch.Elapsed.TotalSeconds:F1} s"
        );
        // Worlds run on threads of their own: whatever the pool did was done outside every actor, and perhaps not the same the next time.
        astray = ThreadPool.CompletedWorkItemCount - astray;
        if (astray > 0)
            Console.WriteLine(
                $"{scenario.Name}: {astray} work items went to the thread pool; look for ConfigureAwait(false) and the like."
            );
        return failed.Count == 0 ? 0 : 1;
    }

    static string Failure(Scenario scenario, int seed, Exception error) => $"FAILED {scenario.Name}, seed {seed}: {error}";
}
