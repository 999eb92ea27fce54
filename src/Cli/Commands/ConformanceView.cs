using System.Globalization;
using CoKe.Cli.Output;
using CoKe.ConstrainedKMeans.Conformance;

namespace CoKe.Cli.Commands;

/// <summary>What <c>coke conformance</c> found, as <c>--json</c> shows it.</summary>
sealed record ConformanceView(string File, bool Passes, ConformanceCaseView All, IReadOnlyList<ConformanceCaseView> Cases)
{
    /// <summary>Shows it to a person.</summary>
    public void Show(Terminal terminal)
    {
        var table = Tables.WithColumns(
            1,
            "case",
            "labels",
            "different",
            "counts different",
            "dual error",
            "center error",
            "soft label error",
            ""
        );
        foreach (var one in Cases.Count == 1 ? Cases : [.. Cases, All])
        {
            table.AddPlainRow(
                one.Name,
                Tables.Number(one.Labels),
                Tables.Number(one.LabelDifferences),
                Tables.Number(one.CountDifferences),
                Error(one.DualError),
                Error(one.CenterError),
                Error(one.SoftLabelError),
                one.Passes ? "equal" : "DIFFERENT"
            );
        }

        terminal.Console.Write(table);
        terminal.Out.WriteLine(
            $"{File}: {(Passes ? "passes" : "FAILS")}. {All.LabelDifferences} of {All.Labels} labels and {All.CountDifferences} counts "
                + "differ; "
                + $"largest error of duals {Error(All.DualError)}, centers {Error(All.CenterError)}, "
                + $"soft labels {Error(All.SoftLabelError)} ({Error(GoldenComparison.Tolerance)} allowed)."
        );
    }

    static string Error(double? error) => error is { } value ? value.ToString("0.0e+00", CultureInfo.InvariantCulture) : "no number";
}

/// <summary>One case of a golden file. An error that is no number, or unbounded because values are missing, is null.</summary>
sealed record ConformanceCaseView(
    string Name,
    bool Passes,
    long Labels,
    long LabelDifferences,
    long CountDifferences,
    double? DualError,
    double? CenterError,
    double? SoftLabelError
)
{
    /// <summary>The view of a comparison.</summary>
    public static ConformanceCaseView Of(string name, GoldenComparison comparison) =>
        new(
            name,
            comparison.Passes,
            comparison.Labels,
            comparison.LabelDifferences,
            comparison.CountDifferences,
            Finite(comparison.DualError),
            Finite(comparison.CenterError),
            Finite(comparison.SoftLabelError)
        );

    // JSON has no infinity.
    static double? Finite(double error) => double.IsFinite(error) ? error : null;
}
