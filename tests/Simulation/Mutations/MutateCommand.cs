using System.CommandLine;
using System.Diagnostics;

namespace CoKe.Simulation.Mutations;

/// <summary>The mutation check: takes out one clause at a time and demands that the simulation finds it missing.</summary>
static class MutateCommand
{
    public static Command Create()
    {
        var seeds = new Option<int>("--seeds")
        {
            Description = "How many seeds may try to find one.",
            HelpName = "N",
            DefaultValueFactory = _ => 4000,
        };
        var only = new Option<string[]>("--only")
        {
            Description = "Only mutations of this rule, or whose clause has this text; repeatable.",
            HelpName = "RULE|TEXT",
        };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of the simulation; 0: one per core.",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
        };
        var command = new Command(
            "mutate",
            "Takes one clause of a rule out of a copy of the code at a time: the simulation must find each. Takes a quarter of an hour."
        )
        {
            seeds,
            only,
            threads,
        };
        command.SetAction(parse => Run(parse.GetValue(seeds), parse.GetValue(only) ?? [], parse.GetValue(threads)));
        return command;
    }

    static int Run(int seeds, string[] only, int threads)
    {
        var chosen = Catalog
            .All.Where(m => only.Length == 0 || only.Any(o => $"{m.Rule}" == o || m.Clause.Contains(o, StringComparison.OrdinalIgnoreCase)))
            .ToArray();
        if (chosen.Length == 0)
        {
            Console.Error.WriteLine($"No mutation is of '{string.Join("' or '", only)}'.");
            return 2;
        }

        using var tree = new MutatedTree(MutatedTree.FindRoot());
        tree.Build();
        foreach (var scenario in chosen.Select(mutation => mutation.Scenario).Distinct())
        {
            if (tree.Run(null, scenario, seeds, threads) is { } already)
            {
                Console.Error.WriteLine($"Seed {already.Seed} of {scenario.Name} fails without any mutation: {already.Violation}");
                return 2;
            }

            Console.WriteLine($"Unchanged: {seeds} seeds of {scenario.Name} pass.");
        }

        Console.WriteLine("| rule | without | seeds until found | by seed | violation |");
        Console.WriteLine("|---|---|---|---|---|");
        var (survived, covered, found, watch) = (0, 0, new HashSet<int>(), Stopwatch.StartNew());
        foreach (var mutation in chosen)
        {
            var finding = tree.Run(mutation, mutation.Scenario, seeds, threads);
            if (finding is not null)
                found.Add(mutation.Rule);
            else if (mutation.CoveredBy is not null)
                covered++;
            else
                survived++;
            Console.WriteLine(
                finding is not null
                    ? $"| {mutation.Rule} | {mutation.Clause} | {finding.Seed - mutation.FirstSeed + 1} | {finding.Seed} | "
                        + $"{finding.Violation} |"
                    : $"| {mutation.Rule} | {mutation.Clause} | {seeds} | "
                        + $"{(mutation.CoveredBy is { } by ? $"covered | {by} |" : "SURVIVED | |")}"
            );
        }

        int[] unfound = [.. chosen.Select(m => m.Rule).Distinct().Except(found)];
        Console.WriteLine(
            $"{chosen.Length} mutations: {chosen.Length - covered - survived} found, {covered} covered by other clauses, "
                + $"{survived} survived, in {watch.Elapsed.TotalMinutes:F0} min."
        );
        if (unfound.Length > 0)
            Console.WriteLine($"Nothing was found missing of rule {string.Join(", ", unfound)}.");
        return survived + unfound.Length == 0 ? 0 : 1;
    }
}
