using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Sizes;

/// <summary>What a command line asks of cluster sizes beside the minimum ratio.</summary>
/// <param name="Passes">Passes of the exact step at most; null: as the library thinks fit.</param>
/// <param name="MaximumRatio">No cluster holds more than this times rows / K; null: no maximum.</param>
/// <param name="Minimums">A minimum for every cluster of the one head, instead of the ratio.</param>
/// <param name="Maximums">A maximum for every cluster of the one head, instead of a ratio.</param>
sealed record SizeRequest(int? Passes = null, double? MaximumRatio = null, SizeFile? Minimums = null, SizeFile? Maximums = null)
{
    // Sizes are often written as shares of N: what that rounds to is whole.
    const double Rounding = 1e-9;

    /// <summary>How long the exact step may search; null: as the library thinks fit.</summary>
    public SizeEffort? Effort => Passes is { } passes ? new SizeEffort(passes) : null;

    /// <summary>The options that ask for a maximum, as they were written; empty: none does.</summary>
    public string Maximum =>
        MaximumRatio is { } ratio ? $"--max-size-ratio {SizeFile.Text(ratio)}"
        : Maximums is { } file ? $"--max-sizes {file.Path}"
        : "";

    /// <summary>Refuses sizes that no labels of so many rows can have, by file, cluster and value.</summary>
    /// <param name="rows">N.</param>
    /// <param name="clusterCount">K of the one head that files are for.</param>
    /// <param name="minimumRatio">gamma', where no file gives the minimums.</param>
    /// <exception cref="InvalidFileException">A file asks for what cannot be.</exception>
    public void CheckRows(int rows, int clusterCount, double minimumRatio)
    {
        if (Minimums is null && Maximums is null)
            return;
        if (Minimums is { } low && low.Values.Sum() is var least && least > rows * (1 + Rounding))
        {
            throw low.Refuse(
                least,
                $"asks for {SizeFile.Text(least)} rows in all but there are {rows}: give minimums that sum to at most {rows}."
            );
        }

        if (Maximums is { } high && high.Values.Sum(WholeMaximum) is var most && most < rows)
        {
            throw high.Refuse(
                most,
                $"allows {SizeFile.Text(most)} rows in all but there are {rows}: give maximums that sum to at least {rows}."
            );
        }

        for (var k = 0; k < clusterCount; k++)
        {
            var minimum = WholeMinimum(Minimums?.Values[k] ?? minimumRatio * rows / clusterCount);
            var maximum = WholeMaximum(Maximums?.Values[k] ?? (MaximumRatio ?? double.PositiveInfinity) * rows / clusterCount);
            if (minimum <= maximum)
                continue;
            throw Minimums is { } file
                ? file.Refuse(
                    minimum,
                    $"asks for at least {SizeFile.Text(minimum)} rows in cluster {k} and {Maximum} allows at most "
                        + $"{SizeFile.Text(maximum)}: give a smaller minimum or a larger maximum."
                )
                : Maximums!.Refuse(
                    maximum,
                    $"allows at most {SizeFile.Text(maximum)} rows in cluster {k} and --min-size-ratio {SizeFile.Text(minimumRatio)} "
                        + "asks for "
                        + $"at least {SizeFile.Text(minimum)}: give a larger maximum or a smaller ratio."
                );
        }
    }

    /// <summary>The whole bounds of one head for so many rows.</summary>
    /// <exception cref="InvalidOptionsException">No labels can meet them.</exception>
    public SizeBounds Bounds(HeadPlan plan, int rows) =>
        SizeBounds.Of(
            plan,
            rows,
            MaximumRatio,
            Maximums is { } file ? [.. file.Values.Select(size => Math.Min(size, plan.ImageCount))] : null
        );

    static double WholeMinimum(double size) => Math.Floor(size * (1 + Rounding));

    static double WholeMaximum(double size) => Math.Ceiling(size * (1 - Rounding));
}
