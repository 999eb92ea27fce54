using System.Globalization;
using CoKe.Abstractions;
using CoKe.Errors;
using Spectre.Console;

namespace CoKe.Cli.Output;

/// <summary>The same views as tables for people.</summary>
static class Tables
{
    // Below this many characters a table leaves out what can be read elsewhere.
    const int WideTable = 110;

    /// <summary>A table whose first columns are texts and whose other columns are numbers.</summary>
    public static Table WithColumns(int texts, params ReadOnlySpan<string> names)
    {
        var table = new Table().Border(TableBorder.Horizontal);
        foreach (var name in names)
        {
            var column = new TableColumn(Markup.Escape(name)).NoWrap().PadLeft(0).PadRight(1);
            table.AddColumn(texts-- > 0 ? column : column.RightAligned());
        }

        return table;
    }

    /// <summary>A row of plain text: nothing in it is markup, and every cell is one line.</summary>
    public static Table AddPlainRow(this Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (var i = 0; i < cells.Length; i++)
            row[i] = new Text(VisibleText.Line(cells[i]));
        return table.AddRow(row);
    }

    /// <summary>All runs, in a table for so many characters.</summary>
    public static Table Runs(IEnumerable<RunView> runs, int width)
    {
        var wide = width >= WideTable;
        string[] narrow = ["run", "state", "K", "epoch", "of it", "images/s", "left", "similarity"];
        var table = WithColumns(2, wide ? [.. narrow, "violation", "images", "steps", "durable"] : narrow);
        foreach (var run in runs)
        {
            string[] cells =
            [
                run.Name,
                LifeTables.State(run),
                string.Join("+", run.Clusters),
                Number(run.Epoch),
                Share(run.RowsInEpoch, run.Images),
                run.ImagesPerSecond > 0 ? Number(run.ImagesPerSecond, 0) : "-",
                run.SecondsLeft is { } left ? LifeTables.Duration(left) : "-",
                run.LastEpoch is { } last ? string.Join("  ", last.Heads.Select(head => Similarity(head.MeanSimilarity))) : "-",
            ];
            table.AddPlainRow(
                wide
                    ?
                    [
                        .. cells,
                        run.LastEpoch is { } epoch ? Number(epoch.Heads.Max(head => head.Violation), 1) : "-",
                        Number(run.Images),
                        Number(run.Step),
                        Number(run.DurableStep),
                    ]
                    : cells
            );
        }

        return table;
    }

    /// <summary>The heads of one epoch, in a table for so many characters.</summary>
    public static Table Heads(EpochView epoch, int width)
    {
        string[] names = ["head", "K", "similarity", "min", "asked", "max", "violation", "bound", "changed", "eta"];
        var wide = width >= WideTable;
        var table = WithColumns(0, wide ? [.. names, "missed", "empty", "largest dual"] : names);
        foreach (var head in epoch.Heads)
        {
            string[] cells =
            [
                Number(head.Head),
                Number(head.K),
                Similarity(head.MeanSimilarity),
                Number(head.Min),
                Number(head.Asked, 1),
                Number(head.Max),
                Number(head.Violation, 1),
                Bound(head),
                head.ChangedLabels is { } changed ? Number(changed) : "-",
                head.Eta.ToString("G3", CultureInfo.InvariantCulture),
            ];
            table.AddPlainRow(
                wide
                    ?
                    [
                        .. cells,
                        head.Missed is { } missed ? Number(missed.Clusters) : "-",
                        Number(head.EmptyClusters),
                        Similarity(head.LargestDual),
                    ]
                    : cells
            );
        }

        return table;
    }

    /// <summary>The clusters of a head.</summary>
    public static Table Clusters(IEnumerable<ClusterView> clusters)
    {
        var table = WithColumns(0, "cluster", "this epoch", "last epoch", "minimum", "last / minimum", "dual");
        foreach (var cluster in clusters)
        {
            table.AddPlainRow(
                Number(cluster.Cluster),
                Number(cluster.Count),
                Number(cluster.LastCount),
                Number(cluster.Minimum, 1),
                cluster.Minimum > 0 ? Number(cluster.LastCount / cluster.Minimum, 2) : "-",
                Similarity(cluster.Dual)
            );
        }

        return table;
    }

    /// <summary>Names on the left, values on the right.</summary>
    public static Grid Properties(params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var (name, value) in properties)
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(VisibleText.Line(value)));
        return grid;
    }

    /// <summary>How long each silo takes for its part of a step.</summary>
    public static string Scorers(IReadOnlyList<ScorerStatus> scorers) =>
        scorers.Count == 0
            ? "none at work"
            : string.Join(
                "; ",
                scorers.Select(one =>
                    $"{one.Silo ?? "one"}: score {Number(one.ScoreMilliseconds, 1)} ms, apply {Number(one.ApplyMilliseconds, 1)} ms"
                    + (scorers.Count > 1 ? $", waited for {Number(one.WaitedForMilliseconds, 1)} ms" : "")
                    + (one.SilentSeconds >= 1 ? $", silent for {Number(one.SilentSeconds, 0)} s" : "")
                )
            );

    /// <summary>One line for one epoch.</summary>
    public static string Line(EpochView epoch) =>
        $"epoch {epoch.Epoch}: {Number(epoch.Rows)} images, {Number(epoch.Steps)} steps; "
        + string.Join(
            "; ",
            epoch.Heads.Select(head =>
                $"K {head.K}: similarity {Similarity(head.MeanSimilarity)}, sizes {head.Min} to {head.Max} ({Number(head.Asked, 1)} "
                + "asked), "
                + $"{(head.Missed is { } missed ? $"{Number(missed.Clusters)} below their minimum, " : "")}violation "
                + $"{Number(head.Violation, 1)} (bound {Bound(head)}), "
                + $"changed {(head.ChangedLabels is { } changed ? Number(changed) : "-")}"
            )
        );

    /// <summary>An integer with thousands separators.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with so many decimals.</summary>
    public static string Number(double value, int decimals) => value.ToString("N" + decimals, CultureInfo.InvariantCulture);

    /// <summary>A similarity or a dual.</summary>
    public static string Similarity(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>The bound of a violation, and whether it was broken.</summary>
    public static string Bound(HeadView head) => head.Bound is { } bound ? Number(bound, 1) + (head.BoundHolds ? "" : " BROKEN") : "none";

    static string Share(long part, long whole) => (100.0 * part / whole).ToString("0", CultureInfo.InvariantCulture) + " %";
}
