using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace CoKe.Benchmarks;

/// <summary>One number against its budget.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Unit">Unit of ours and the peer's.</param>
/// <param name="Ours">One value per round.</param>
/// <param name="Peer">One value per round, or none when there is no peer (or none here).</param>
/// <param name="Ratios">Ours to the peer's, or to the budget's base, one per round.</param>
/// <param name="Budget">The bound on the median ratio.</param>
/// <param name="AtMost">True: the ratio must not exceed the budget; false: it must reach it.</param>
sealed record BudgetRow(string What, string Unit, double[] Ours, double[] Peer, double[] Ratios, double? Budget, bool AtMost = true)
{
    /// <summary>Decimals that are shown of ours and the peer's.</summary>
    public int Decimals { get; init; } = 2;

    /// <summary>Decimals that are shown of the ratio.</summary>
    public int RatioDecimals { get; init; } = 2;

    public bool? Met => Budget is { } budget && Ratios.Length > 0 ? (AtMost ? Median(Ratios) <= budget : Median(Ratios) >= budget) : null;

    public static BudgetRow Against(string what, string unit, double[] ours, double[] peer, double? budget, bool atMost = true) =>
        new(what, unit, ours, peer, peer.Length == ours.Length ? [.. ours.Zip(peer, (a, b) => a / b)] : [], budget, atMost);

    public static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}

/// <summary>Rows with medians and spread, for people or for machines.</summary>
sealed record BudgetTable(string Title, string Setting, IReadOnlyList<BudgetRow> Rows)
{
    /// <summary>Prints; 1 when a budget was measured and missed.</summary>
    public int Print(bool json)
    {
        if (json)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        benchmark = Title,
                        setting = Setting,
                        rows = Rows.Select(r => new
                        {
                            what = r.What,
                            unit = r.Unit,
                            ours = r.Ours,
                            peer = r.Peer,
                            ratios = r.Ratios,
                            budget = r.Budget,
                            met = r.Met,
                        }),
                    }
                )
            );
        }
        else
        {
            var table = new Table().Title(Title).Caption(Markup.Escape(Setting)).Border(TableBorder.Rounded);
            foreach (var column in new[] { "what", "unit", "ours", "peer", "ratio", "budget", "met" })
                table.AddColumn(column);
            foreach (var r in Rows)
            {
                table.AddRow(
                    r.What,
                    r.Unit,
                    Spread(r.Ours, r.Decimals),
                    Spread(r.Peer, r.Decimals),
                    Spread(r.Ratios, r.RatioDecimals),
                    r.Budget is { } b ? $"{(r.AtMost ? "<=" : ">=")} {b:0.##}" : "-",
                    r.Met switch
                    {
                        true => "[green]yes[/]",
                        false => "[red]no[/]",
                        _ => "-",
                    }
                );
            }

            AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 140); // a redirected output knows no width
            AnsiConsole.Write(table);
        }

        return Rows.Any(r => r.Met == false) ? 1 : 0;
    }

    static string Spread(double[] values, int decimals)
    {
        string Text(double value) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
        return values.Length == 0
            ? "not measured"
            : Markup.Escape($"{Text(BudgetRow.Median(values))} [{Text(values.Min())}..{Text(values.Max())}]");
    }
}
