using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Charts;
using CoKe.Cli.Clustering;
using CoKe.Cli.Output;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Report;

/// <summary>The page of <c>coke cluster --report</c>: one file without references to anything outside, in light and dark.</summary>
static class ClusterReport
{
    /// <summary>Certifies every head and makes the page.</summary>
    public static string Of(
        ClusterResultView view,
        RowSource features,
        ClusteringOptions clustering,
        FeatureClusteringResult result,
        IReadOnlyList<SizedHead> heads
    )
    {
        CertifiedRegret[] regrets = [.. heads.Select((head, h) => CertifiedRegret.Of(features, result.Centers[h], head))];
        return Page(view, clustering, result, heads, regrets);
    }

    static string Page(
        ClusterResultView view,
        ClusteringOptions clustering,
        FeatureClusteringResult result,
        IReadOnlyList<SizedHead> heads,
        IReadOnlyList<CertifiedRegret> regrets
    )
    {
        var name = Path.GetFileName(Path.GetFullPath(view.Features));
        var page = new StringBuilder(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(name)} in {string.Join(
                ", ",
                view.Heads.Select(head => head.K)
            )} clusters</title><style>{ReportStyle.Css}</style></head><body><main>
            <h1>{Text(name)} in {string.Join(", ", view.Heads.Select(head => head.K))} clusters</h1>
            <p>{Tables.Number(view.Images)} images of {view.Dimension} values, clustered online in {view.Passes} passes, {(
                view.Online ? "whose sizes are as the passes left them" : "then shared out under exact sizes"
            )}; {Text(view.Preparation)}.</p>
            <p>{Text(view.Read.Sentence)}</p>
            """
        );
        foreach (var alarm in AlarmText.Lines(view.Alarms))
            page.Append($"<p><strong>Alarm:</strong> {Text(alarm)}</p>");
        Tiles(page, view, regrets);
        foreach (var warning in view.Warnings)
            page.Append($"<p><strong>Warning:</strong> {Text(warning)}</p>");
        foreach (var head in heads.Where(head => head.Exact is not null))
            page.Append($"<p>{Text(SizeSentences.Certificate(head, heads.Count == 1))}</p>");
        for (var h = 0; h < view.Heads.Count; h++)
            Head(page, view.Heads[h], clustering, result, heads[h], regrets[h], h);
        Constraint(page, view, regrets);
        Options(page, clustering);
        return page.Append("</main></body></html>\n").ToString();
    }

    static void Tiles(StringBuilder page, ClusterResultView view, IReadOnlyList<CertifiedRegret> regrets)
    {
        page.Append("<div class=\"tiles\">");
        foreach (var (head, regret) in view.Heads.Zip(regrets))
        {
            // One head has room for its other numbers here; those of several stand in the table below.
            Tile(Tables.Similarity(head.MeanSimilarity), "mean similarity" + (view.Heads.Count == 1 ? "" : $", {head.K} clusters"));
            if (view.Heads.Count > 1)
                continue;
            Tile(Nearness(head, regret), head.Sizes.Exact ? "below the best possible" : "regret per image at most");
            Tile(
                head.Sizes.Exact ? Tables.Number(head.Min)
                    : head.Asked > 0 ? $"{100 * head.Min / head.Asked:0} %"
                    : "–",
                head.Sizes.Exact
                    ? $"in the smallest cluster, at least {Tables.Number(head.Sizes.Minimum)} asked"
                    : "smallest of its minimum"
            );
        }

        Tile(Tables.Number((long)view.ImagesPerSecond), "images per second");
        Tile($"{view.Seconds:0.0} s", $"for {view.Passes} passes");
        page.Append("</div>");

        void Tile(string value, string label) => page.Append($"<div class=\"tile\"><b>{value}</b><span>{Text(label)}</span></div>");
    }

    static void Head(
        StringBuilder page,
        ClusteredHeadView head,
        ClusteringOptions clustering,
        FeatureClusteringResult result,
        SizedHead sized,
        CertifiedRegret regret,
        int h
    )
    {
        double[] minimums = [.. Array.ConvertAll(sized.Bounds.Minimums.ToArray(), size => (double)size)];
        var maximums = sized.Bounds.HasMaximums
            ? Array.ConvertAll(sized.Bounds.Maximums.ToArray(), size => size < sized.Labels.Length ? size : double.PositiveInfinity)
            : [];
        page.Append(
                $"<h2>{head.K} clusters</h2><p>Sizes of the labels that are written, largest first; "
                    + $"dashed lines are the minimum{(maximums.Length > 0 ? " and the maximum" : "")} asked of each, bars outside are red. "
            )
            .Append(
                sized.Exact is null
                    ? ""
                    : "The price of a cluster's size, in the same order, is how much similarity a bound looser by one row would gain: "
                        + "above zero the minimum holds rows that would rather be elsewhere, below it the maximum keeps rows out. "
            )
            .Append(
                "Then every pass: similarity to the centers that assigned, the share of images whose label changed, "
                    + "and the violation beneath the bound that the duals give it.</p>"
            )
            .Append("<div class=\"charts\">");
        Figure(
            page,
            "Sizes",
            $"{head.Min} to {head.Max}, "
                + $"at least {SizeRange(minimums)} asked{(maximums.Length > 0 ? $", at most {SizeRange(maximums)}" : "")}",
            SizesChart.Svg(sized.Sizes, minimums, maximums, ChartFrame.Wide)
        );
        if (sized.Exact is { } exact)
        {
            Figure(
                page,
                "Prices",
                $"{exact.Prices.Count(price => price > 0)} minimums hold "
                    + $"rows{(maximums.Length > 0 ? $", {exact.Prices.Count(price => price < 0)} maximums keep rows out" : "")}",
                PricesChart.Svg(sized.Sizes, exact.Prices, ChartFrame.Wide)
            );
        }

        Figure(
            page,
            "Mean similarity",
            $"Of the passes, whatever their sizes. Dashed: {Tables.Similarity(regret.Limit)}, which no labels of the sizes asked exceed",
            LineChart.Svg(
                "mean similarity per pass",
                "0.00#",
                [new("similarity", "a", Points(report => report.MeanSimilarity)), new("limit", "limit", Points(_ => regret.Limit))],
                each: "pass"
            )
        );
        Figure(
            page,
            "Changed labels",
            "Share of the images, from one pass to the next",
            LineChart.Svg(
                "changed labels per pass",
                "0.## %",
                [new("changed", "a", Points(report => (double?)report.ChangedLabels / clustering.ImageCount))],
                fromZero: true,
                each: "pass"
            )
        );
        Figure(
            page,
            "Violation",
            "Largest shortfall of any cluster in images, and the bound it cannot break",
            LineChart.Svg(
                "violation per pass",
                "0.#",
                [new("violation", "a", Points(report => report.Violation)), new("bound", "limit", Points(report => report.ViolationBound))],
                each: "pass"
            )
        );
        page.Append("</div>");

        IReadOnlyList<(double, double)> Points(Func<HeadReport, double?> value) =>
            [
                .. result
                    .Passes.Where(pass => value(pass.Heads[h]) is not null)
                    .Select(pass => (pass.Epoch + 1.0, value(pass.Heads[h])!.Value)),
            ];
    }

    static void Constraint(StringBuilder page, ClusterResultView view, IReadOnlyList<CertifiedRegret> regrets)
    {
        page.Append(
            view.Online
                ? "<h2>Objective and constraint</h2><p>Violating the constraint buys similarity, so the two stand together. "
                    + "The limit is the value of a Lagrangian dual, computed offline for the final centers: the labels are at most "
                    + "their regret below the best assignment that meets the sizes, and a regret below 0 was bought.</p>"
                : "<h2>Objective and constraint</h2><p>The limit is the value of the Lagrangian at the final prices, "
                    + "from one more pass over all rows: no labels that keep the sizes have a higher mean similarity to the final centers. "
                    + "Changed labels and eta are those of the last pass, before the step for exact sizes.</p>"
        );
        page.Append(
                $"<table><tr><th>clusters</th><th>mean similarity</th><th>limit</th>"
                    + $"<th>{(view.Online ? "regret per image" : "below the best")}</th>"
                    + "<th>smallest</th><th>minimum</th><th>largest</th>"
            )
            .Append(view.Online ? "<th>violation</th><th>its bound</th>" : "<th>maximum</th><th>moved</th><th>seconds</th>")
            .Append("<th>changed</th><th>eta</th></tr>");
        foreach (var (head, regret) in view.Heads.Zip(regrets))
        {
            page.Append(
                    $"<tr><td>{head.K}</td><td>{Tables.Similarity(head.MeanSimilarity)}</td>"
                        + $"<td>{Tables.Similarity(regret.Limit)}</td><td>{Nearness(head, regret)}</td>"
                )
                .Append($"<td>{head.Min}</td><td>{SizeRange([head.Sizes.Minimum, head.Sizes.LargestMinimum])}</td><td>{head.Max}</td>")
                .Append(
                    view.Online
                        ? $"<td>{head.Violation:0.#}</td><td>{Tables.Bound(head)}</td>"
                        : $"<td>{Maximum(head.Sizes, view.Images)}</td><td>{Tables.Number(head.Sizes.Moved ?? 0)}</td>"
                            + $"<td>{head.Sizes.Seconds:0.00}</td>"
                )
                .Append($"<td>{head.ChangedLabels?.ToString() ?? "–"}</td><td>{head.Eta:0.####}</td></tr>");
        }

        page.Append("</table>");
    }

    static void Options(StringBuilder page, ClusteringOptions clustering) =>
        page.Append(
            "<details><summary>options</summary><pre>"
                + Text(JsonNode.Parse(clustering.ToJson())!.ToJsonString(new() { WriteIndented = true }))
                + "</pre></details>"
        );

    static void Figure(StringBuilder page, string title, string caption, string svg) =>
        page.Append($"<figure><figcaption><strong>{Text(title)}</strong>{Text(caption)}</figcaption>{svg}</figure>");

    static string Nearness(ClusteredHeadView head, CertifiedRegret regret) =>
        head.Sizes.Gap is { } gap ? SizeSentences.Percentage(gap) : regret.PerImage.ToString("0.0e+0", CultureInfo.InvariantCulture);

    /// <summary>The maximum sizes that were asked; those above the number of images ask nothing.</summary>
    static string Maximum(SizesView sizes, int images) =>
        sizes is { SmallestMaximum: { } least, Maximum: { } most }
            ? SizeRange([least, most < images ? most : double.PositiveInfinity])
            : "–";

    static string SizeRange(IReadOnlyList<double> sizes) =>
        sizes.Min() == sizes.Max() ? Size(sizes[0]) : $"{Size(sizes.Min())} to {Size(sizes.Max())}";

    static string Size(double size) => double.IsFinite(size) ? Tables.Number(size, 0) : "no limit";

    static string Text(string text) => WebUtility.HtmlEncode(VisibleText.Line(text));
}
