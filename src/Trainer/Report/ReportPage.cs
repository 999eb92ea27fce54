using System.Net;
using System.Text;
using CoKe.Alarms;
using CoKe.Charts;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Report;

/// <summary>report.html: one file without references to anything outside, in light and dark.</summary>
static class ReportPage
{
    public static string Of(RunImages data, RunOutcome outcome, Summary summary, RunOptions options, string recipe)
    {
        var heldOut = data.Test?.Images.Count ?? 0;
        var page = new StringBuilder(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>CoKe on {Text(data.Name)}</title><style>{ReportStyle.Css}</style></head><body><main>
            <h1>CoKe on {Text(data.Name)}</h1>
            <p>{Text(About(options))}{data.Train.Images.Count:N0} images of {data.SizeInWords},
            clustered and learned from without labels in {options.Recipe.Schedule.Epochs} epochs; {heldOut:N0} images held out.
            Encoder of {outcome.ParameterCount:N0} parameters, seed {summary.Seed},
            {summary.Seconds:0} s, {summary.CpuSeconds:0} CPU seconds.</p>
            """
        );
        Alarms(page, summary);
        Scores(page, summary);
        Found(page, summary);
        Curves(page, outcome.Training);
        Exemplars(page, data, outcome);
        Heads(page, outcome.Training, summary);
        page.Append($"<details><summary>recipe.yaml</summary><pre>{Text(recipe)}</pre></details>");
        page.Append($"<details><summary>summary.json</summary><pre>{Text(summary.ToJson())}</pre></details></main></body></html>\n");
        return page.ToString();
    }

    static readonly string[] Styles = ["a", "b", "c", "d"];

    static string About(RunOptions options) =>
        options.What.Length == 0 ? ""
        : options.Source.Length == 0 ? $"Recipe: {options.What}. "
        : $"Recipe: {options.What} (settings: {options.Source}). ";

    /// <summary>First of all: whoever opens the page later must not be told of scores alone.</summary>
    static void Alarms(StringBuilder page, Summary summary)
    {
        foreach (var line in AlarmText.Lines(summary.Alarms))
            page.Append($"<p><strong>Alarm:</strong> {Text(line)}</p>");
        if (AlarmText.Summary(summary.Alarms) is { } said)
            page.Append($"<p>{Text(said)}</p>");
    }

    static void Scores(StringBuilder page, Summary summary)
    {
        static string Score(double? score) => score is { } known ? $"{known:0.000}" : "–";
        (string Value, string Name)[] scores =
        [
            (Score(summary.Acc), "clustering accuracy"),
            (Score(summary.Nmi), "NMI"),
            (Score(summary.Ari), "ARI"),
            (Score(summary.Probe), "linear probe"),
            (Score(summary.Knn), "20 nearest neighbors"),
        ];
        (string Value, string Name)[] tiles =
        [
            .. summary.IsScored ? scores : [],
            ($"{summary.ImgPerS:N0}", "images per second"),
            ($"{summary.ClusteringWaitFraction:0.00%}", "waited for clustering"),
        ];
        page.Append("<div class=\"tiles\">");
        foreach (var (value, name) in tiles)
            page.Append($"<div class=\"tile\"><b>{value}</b><span>{name}</span></div>");
        page.Append("</div>");
        if (summary.IsScored)
        {
            page.Append(
                "<p>The first five are measured on the held-out images, once, after training. Accuracy, "
                    + "NMI and ARI compare the nearest of the "
                    + $"{summary.Heads.Min(h => h.K)} centers with the true classes.</p>"
            );
        }

        if (summary.Acc is null)
            page.Append("<p>There are no held-out images with classes, so nothing was measured on them.</p>");
        if (summary.TrainLabels is { } labels)
            page.Append(
                $"<p>The labels that the last epoch gave to the training images agree with their classes by ACC {labels.Acc:0.000}, "
                    + $"NMI {labels.Nmi:0.000}, ARI {labels.Ari:0.000}.</p>"
            );
        foreach (var gap in summary.NotEvaluated)
            page.Append($"<p><strong>Not evaluated:</strong> {Text(gap)}</p>");
        if (summary.Unreadable.Count > 0)
            page.Append($"<p>{summary.Unreadable.Count:N0} files could not be read and were left out; summary.json names them.</p>");
    }

    static void Found(StringBuilder page, Summary summary)
    {
        page.Append("<h2>What the folder holds</h2><table><tr><th>what became of it</th><th></th><th>which</th></tr>");
        foreach (var line in summary.Found)
            page.Append($"<tr><td>{Text(line.What)}</td><td>{line.Count:N0}</td><td>{Text(line.Which)}</td></tr>");
        page.Append("</table>");
    }

    static void Curves(StringBuilder page, TrainingResult training)
    {
        var trained = training.History.Where(e => e.Loss is not null).ToArray();
        IReadOnlyList<(double, double)> Points(Func<EpochRecord, double?> value, IEnumerable<EpochRecord>? epochs = null) =>
            [.. (epochs ?? trained).Where(e => value(e) is not null).Select(e => ((double)e.Epoch, value(e)!.Value))];

        page.Append(
            "<h2>How it learned</h2><p>None of these curves knows a true class. Agreement of labels between epochs tells a healthy run "
                + "first; loss and similarity may look better in a failing one.</p><div class=\"charts\">"
        );
        Figure(
            page,
            "Loss",
            "Classifying images into the clusters of the epoch before",
            LineChart.Svg("loss per epoch", "0.0#", [new("loss", "a", Points(e => e.Loss))])
        );
        Figure(
            page,
            "Labels from one epoch to the next",
            "Smallest head: NMI between the labels of consecutive epochs, and the share that changed",
            LineChart.Svg(
                "label agreement per epoch",
                "0.0#",
                [new("NMI", "a", Points(e => e.LabelAgreement)), new("changed", "b", Points(e => e.ChangedShare))],
                fromZero: true
            )
        );
        Figure(
            page,
            "Mean similarity",
            "Smallest head: images to the center they were assigned to",
            LineChart.Svg(
                "mean similarity per epoch",
                "0.0#",
                [new("similarity", "a", Points(e => e.Smallest.MeanSimilarity, training.History))]
            )
        );
        Figure(
            page,
            "Sizes of the smallest head",
            "Largest and smallest cluster of every epoch, and the minimum asked",
            LineChart.Svg(
                "cluster sizes per epoch",
                "0",
                [
                    new("largest", "a", Points(e => e.Smallest.LargestSize, training.History)),
                    new("smallest", "b", Points(e => e.Smallest.SmallestSize, training.History)),
                    new("minimum", "limit", Points(e => e.Smallest.MinimumSize, training.History)),
                ],
                fromZero: true
            )
        );
        page.Append("</div>");
        Classes(page, training);
    }

    /// <summary>Where a recipe asked for it.</summary>
    static void Classes(StringBuilder page, TrainingResult training)
    {
        EpochRecord[] scored = [.. training.History.Where(e => e.Scores is not null)];
        if (scored.Length == 0)
            return;
        Series Line(string name, string style, Func<EpochScores, double?> value) =>
            new(name, style, [.. scored.Where(e => value(e.Scores!) is not null).Select(e => ((double)e.Epoch, value(e.Scores!)!.Value))]);
        page.Append(
            "<h2>What the classes said</h2><p>Measured between epochs, because it was asked for; nothing was chosen by it, "
                + "and the run would have ended with the same numbers without.</p><div class=\"charts\">"
        );
        Figure(
            page,
            "Labels and classes",
            "Smallest head: labels of the training images, as every epoch gave them",
            LineChart.Svg(
                "agreement of labels and classes per epoch",
                "0.0#",
                [
                    Line("ACC", "a", s => s.Heads[training.SmallestHead].Acc),
                    Line("NMI", "b", s => s.Heads[training.SmallestHead].Nmi),
                    Line("ARI", "c", s => s.Heads[training.SmallestHead].Ari),
                ],
                fromZero: true
            )
        );
        Figure(
            page,
            "NMI of heads",
            "Labels of the training images, from the smallest head to the largest",
            LineChart.Svg(
                "NMI of heads per epoch",
                "0.0#",
                [
                    .. Distinct(training)
                        .Select(
                            (head, place) =>
                                Line($"K = {training.History[^1].Clustering.Heads[head].ClusterCount}", Styles[place], s =>
                                    s.Heads[head].Nmi
                                )
                        ),
                ],
                fromZero: true
            )
        );
        if (scored.Any(e => e.Scores!.Neighbors is not null))
            Figure(
                page,
                "20 nearest neighbors",
                $"Accuracy on test images, at most {EpochEvaluation.TestImages:N0}, "
                    + $"by at most {EpochEvaluation.TrainImages:N0} training images",
                LineChart.Svg("accuracy of nearest neighbors per epoch", "0.0#", [Line("kNN", "a", s => s.Neighbors)])
            );
        page.Append("</div>");
    }

    /// <summary>Heads of different K from the smallest to the largest, as many as there are styles of lines.</summary>
    static IEnumerable<int> Distinct(TrainingResult training)
    {
        int[] heads =
        [
            .. training
                .History[^1]
                .Clustering.Heads.Index()
                .DistinctBy(head => head.Item.ClusterCount)
                .OrderBy(head => head.Item.ClusterCount)
                .Select(head => head.Index),
        ];
        return heads.Length <= Styles.Length
            ? heads
            : Enumerable.Range(0, Styles.Length).Select(i => heads[i * (heads.Length - 1) / (Styles.Length - 1)]);
    }

    static void Exemplars(StringBuilder page, RunImages data, RunOutcome outcome)
    {
        if (outcome.Exemplars.Length == 0)
            return;
        var sizes = Sizes(outcome.Training, outcome.Training.SmallestHead);
        page.Append(
            $"<h2>What the {sizes.Length} centers found</h2><p>The training images nearest to every center, "
                + "nearest first.</p><div class=\"exemplars\">"
        );
        foreach (var (cluster, indices) in outcome.Exemplars.Index())
        {
            page.Append($"<div><span><b>{cluster}</b> · {sizes[cluster]:N0} images</span>");
            if (Pictures.Of(data.Train.Images, indices) is { Count: > 0 } pictures)
                page.Append(
                    $"<img alt=\"images nearest to center {cluster}\" "
                        + $"src=\"{ImageStrip.DataUri(pictures, data.Train.Images.Largest)}\">"
                );
            page.Append("</div>");
        }
        page.Append("</div>");
    }

    static void Heads(StringBuilder page, TrainingResult training, Summary summary)
    {
        page.Append(
            "<h2>Sizes of every head</h2><p>Clusters of the last epoch, largest first; the dashed line is the minimum asked of each, "
                + "and bars below it are red.</p><div class=\"heads\">"
        );
        foreach (var (head, numbers) in summary.Heads.Index())
            Figure(
                page,
                $"{numbers.K} clusters",
                $"{numbers.Min} to {numbers.Max}, at least {numbers.Asked:0.#} asked",
                SizesChart.Svg(Sizes(training, head), numbers.Asked, ChartFrame.Narrow)
            );
        page.Append(
                "</div><h2>The constraint</h2><p>The violation is the largest shortfall of any cluster; "
                    + "the rise of the duals bounds it at every epoch.</p>"
            )
            .Append(
                "<table><tr><th>clusters</th><th>smallest</th><th>largest</th><th>asked</th><th>missed</th><th>violation</th><th>its "
                    + "bound</th></tr>"
            );
        foreach (var head in summary.Heads)
            page.Append(
                $"<tr><td>{head.K}</td><td>{head.Min}</td><td>{head.Max}</td><td>{head.Asked:0.#}</td>"
                    + $"<td>{head.Missed?.ToString() ?? "–"}</td><td>{head.Violation:0.#}</td>"
                    + $"<td>{head.Bound?.ToString("0.#") ?? "–"}</td></tr>"
            );
        page.Append("</table>");
        foreach (var missed in summary.Missed)
            page.Append($"<p>{Text(missed)}</p>");
    }

    static int[] Sizes(TrainingResult training, int head)
    {
        var sizes = new int[training.History[^1].Clustering.Heads[head].ClusterCount];
        foreach (var label in training.Labels[head].Where(label => label >= 0)) // an image that could never be read has none
            sizes[label]++;
        return sizes;
    }

    static void Figure(StringBuilder page, string title, string caption, string svg) =>
        page.Append($"<figure><figcaption><strong>{Text(title)}</strong>{Text(caption)}</figcaption>{svg}</figure>");

    static string Text(string text) => WebUtility.HtmlEncode(VisibleText.Line(text));
}
