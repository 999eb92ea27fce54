using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace CoKe.Benchmarks.Sizes;

/// <summary>The exact step on many problems: minimums, gap, seconds and memory, one row each; and beside OR-Tools' min-cost flow.</summary>
static class SizesBenchmark
{
    const double MostGapPercent = 0.1,
        TimesFaster = 10;

    /// <summary>What the runtime may take for itself meanwhile: compiled code, stacks, a young generation.</summary>
    const double RuntimeMegabytes = 8;

    /// <summary>Measures the cases whose name begins with one of <paramref name="only"/>; without any, all.</summary>
    /// <returns>1 when a minimum, a gap, the memory or the peer's multiple (at the largest problem) is not what it must be.</returns>
    public static int Run(IReadOnlyList<string> only, bool withFlow, bool json)
    {
        var cases = SizesCase
            .All.Where(one => only.Count == 0 || only.Any(name => one.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
            .ToArray();
        if (cases.Length == 0)
        {
            Console.Error.WriteLine(
                $"No case begins with {string.Join(" or ", only)}; there are {string.Join(", ", SizesCase.All.Select(one => one.Name))}."
            );
            return 1;
        }

        using var folder = new TemporaryFolder();
        var results = new List<SizesResult>();
        foreach (var one in cases)
        {
            var features = one.Data == SizesData.Fashion ? FashionFeatures.Make(folder, one.Rows) : null;
            if (one.Data == SizesData.Fashion && features is null)
                continue; // said why
            results.Add(InOwnProcess(one, features, withFlow));
            if (!json)
                Console.Error.WriteLine(
                    FormattableString.Invariant($"{one.Name}: {results[^1].ExactSeconds:F2} s, gap {results[^1].GapPercent:F4}%")
                );
        }

        if (json)
            Console.WriteLine(JsonSerializer.Serialize(results));
        else
            AnsiConsole.Write(Table(results, withFlow));
        return results.All(Met) && IsFasterThanTheFlow(results) ? 0 : 1;
    }

    /// <summary>The child's side: one JSON object.</summary>
    public static void RunOne(string name, string? features, bool withFlow) =>
        Console.WriteLine(JsonSerializer.Serialize(SizesRun.Measure(SizesCase.All.Single(one => one.Name == name), features, withFlow)));

    static SizesResult InOwnProcess(SizesCase one, string? features, bool withFlow)
    {
        string[] arguments =
        [
            "sizes-case",
            one.Name,
            .. features is null ? Array.Empty<string>() : ["--features", features],
            .. withFlow ? ["--flow"] : Array.Empty<string>(),
        ];
        var start = BuiltProgram.Start(typeof(SizesBenchmark).Assembly.Location, arguments);
        foreach (var (variable, value) in ResidentMemory.FrugalRuntime)
            start.Environment[variable] = value;
        return JsonSerializer.Deserialize<SizesResult>(TimedProcess.Run(start).Output)!;
    }

    static bool Met(SizesResult r) =>
        r.Smallest >= r.Minimum && r.GapPercent <= MostGapPercent && r.MemoryMegabytes <= r.AllowedMegabytes + RuntimeMegabytes;

    // At the largest problem: a small one is over before code is compiled.
    static bool IsFasterThanTheFlow(IReadOnlyList<SizesResult> results) =>
        results.MaxBy(r => r.FlowSeconds ?? 0) is not { FlowSeconds: { } flow } longest || flow >= TimesFaster * longest.ExactSeconds;

    static Table Table(IEnumerable<SizesResult> results, bool withFlow)
    {
        var table = new Table().Title("sizes").Border(TableBorder.Markdown);
        string[] columns =
        [
            "case (rows-K-ratio)",
            "minimum",
            "online",
            "exact",
            "gap %",
            "optimal",
            "moved",
            "passes",
            "clustering s",
            "exact s",
            "ratio",
            "MB",
            "allowed",
            "met",
        ];
        foreach (var column in withFlow ? [.. columns, "flow s", "times", "similarity", "flow's"] : columns)
            table.AddColumn(column);
        foreach (var r in results)
        {
            string[] cells =
            [
                r.Name,
                $"{r.Minimum}",
                $"{r.SmallestBefore}",
                $"{r.Smallest}",
                Text(r.GapPercent, 4),
                r.Optimal ? "yes" : "no",
                $"{r.Moved}",
                $"{r.Passes}",
                Text(r.ClusteringSeconds, 2),
                Text(r.ExactSeconds, 2),
                Text(r.ExactSeconds / r.ClusteringSeconds, 2),
                Text(r.MemoryMegabytes, 1),
                Text(r.AllowedMegabytes, 1),
                Met(r) ? "yes" : "no",
            ];
            if (r.FlowSeconds is { } flow)
                cells =
                [
                    .. cells,
                    Text(flow, 2),
                    Text(flow / r.ExactSeconds, 1),
                    Text(r.MeanSimilarity, 6),
                    Text(r.FlowSimilarity!.Value, 6),
                ];
            table.AddRow(cells);
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 220); // a redirected output knows no width
        return table;
    }

    static string Text(double value, int decimals) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
}
