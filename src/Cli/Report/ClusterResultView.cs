using System.Globalization;
using CoKe.Alarms;
using CoKe.Cli.Clustering;
using CoKe.Cli.Output;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Report;

/// <summary>
/// What <c>coke cluster</c> says in the end, as <c>--json</c> shows it. No run: nothing is kept. Minimum sizes of a file: no minimum ratio.
/// </summary>
sealed record ClusterResultView(
    string? Run,
    string Features,
    int Images,
    int Dimension,
    ReadView Read,
    string Preparation,
    int Passes,
    bool Settled,
    int Batch,
    CenterSchedule Schedule,
    int? BatchSchedulePasses,
    CenterRule Rule,
    double? MinimumSizeRatio,
    string? MinimumSizes,
    double? MaximumSizeRatio,
    string? MaximumSizes,
    double Margin,
    int Seed,
    double Seconds,
    double ImagesPerSecond,
    bool Online,
    IReadOnlyList<ClusteredHeadView> Heads,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<Alarm> Alarms,
    string Labels,
    string? Centers,
    string? Report,
    string Kept
)
{
    /// <summary>The view of a result.</summary>
    /// <param name="read">What the features were read from.</param>
    /// <param name="preparation">What was done to their rows.</param>
    /// <param name="features">The rows.</param>
    /// <param name="clustering">What was asked for.</param>
    /// <param name="result">What the passes gave.</param>
    /// <param name="heads">Per head: the labels that are written.</param>
    /// <param name="sizes">The sizes that were asked for beside the ratio.</param>
    /// <param name="stays">Whether the run is kept.</param>
    /// <param name="outputs">Files of labels, centers and report; null: not written.</param>
    public static ClusterResultView Of(
        ReadView read,
        string preparation,
        RowSource features,
        ClusteringOptions clustering,
        FeatureClusteringResult result,
        IReadOnlyList<SizedHead> heads,
        SizeRequest sizes,
        bool stays,
        IReadOnlyList<string?> outputs
    )
    {
        var head = clustering.Heads[0];
        var online = heads.All(one => one.Exact is null);
        return new(
            result.Run,
            read.Path,
            clustering.ImageCount,
            clustering.Dimension,
            read,
            preparation,
            result.Passes.Count,
            result.Settled,
            clustering.BatchSize,
            head.CenterSchedule,
            head.BatchScheduleEpochs,
            head.CenterRule,
            sizes.Minimums is null ? head.MinimumSizeRatio : null,
            sizes.Minimums?.Path,
            sizes.MaximumRatio,
            sizes.Maximums?.Path,
            head.Margin,
            clustering.Seed,
            result.Elapsed.TotalSeconds,
            result.ImagesPerSecond,
            online,
            [
                .. EpochView
                    .Of(result.Passes[^1])
                    .Heads.Select((pass, h) => ClusteredHeadView.Of(pass with { MeanSimilarity = result.MeanSimilarity[h] }, heads[h])),
            ],
            [.. result.Warnings, .. heads.Select(one => SizeSentences.Missed(one, heads.Count == 1)).OfType<string>()],
            ClusterAlarms.Of(features, clustering, result, heads),
            outputs[0]!,
            outputs[1],
            outputs[2],
            WhatIsKept(result.Run, stays, online)
        );
    }

    /// <summary>Shows it to a person.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="heads">Per head: the labels that are written.</param>
    public void Show(Terminal terminal, IReadOnlyList<SizedHead> heads)
    {
        terminal.Out.WriteLine($"{Tables.Number(Images)} images of {Dimension} values; {Preparation}.");
        terminal.Out.WriteLine(Read.Sentence);
        if (Online)
            terminal.Console.Write(Tables.Heads(new EpochView(Passes - 1, Images, 0, Heads), terminal.Console.Profile.Width));
        else
            ShowSizes(terminal, heads);
        foreach (var warning in Warnings)
            terminal.Out.WriteLine("warning: " + warning);
        foreach (var alarm in AlarmText.Lines(Alarms))
            terminal.Out.WriteLine("alarm: " + alarm);
        terminal.Out.WriteLine(
            $"{Passes} passes in {Tables.Number(Seconds, 2)} s, "
                + $"{(Settled ? "ended because labels and similarity settled" : "as many as --epochs allows")}; "
                + $"{Tables.Number((long)ImagesPerSecond)} images/s. Labels: {Labels}"
                + (Centers is null ? "" : $"; centers: {Centers}")
                + (Report is null ? "" : $"; report: {Report}")
        );
        terminal.Out.WriteLine(Kept);
    }

    void ShowSizes(Terminal terminal, IReadOnlyList<SizedHead> heads)
    {
        var table = Tables.WithColumns(
            0,
            "head",
            "K",
            "similarity",
            "smallest",
            "largest",
            "empty",
            "of the last pass",
            "its sizes",
            "changed",
            "eta"
        );
        foreach (var head in Heads)
        {
            table.AddPlainRow(
                Tables.Number(head.Head),
                Tables.Number(head.K),
                Tables.Similarity(head.MeanSimilarity),
                Tables.Number(head.Min),
                Tables.Number(head.Max),
                Tables.Number(head.EmptyClusters),
                Tables.Similarity(head.LastPass.MeanSimilarity),
                $"{Tables.Number(head.LastPass.Min)} to {Tables.Number(head.LastPass.Max)}",
                head.ChangedLabels is { } changed ? Tables.Number(changed) : "-",
                head.Eta.ToString("G3", CultureInfo.InvariantCulture)
            );
        }

        terminal.Console.Write(table);
        foreach (var head in heads)
            terminal.Out.WriteLine(SizeSentences.Certificate(head, heads.Count == 1));
    }

    // What the actors committed stays as it was: exact labels are a step after the run, in the file alone.
    static string WhatIsKept(string? run, bool stays, bool online) =>
        run is null ? "Clustered in this process; nothing else is kept (--data keeps the run)."
        : !stays ? $"Clustered by the actors, run {run}, in memory; nothing else is kept."
        : $"Clustered by the actors; run {run} stays"
            + (online ? "." : $" with the labels of its last pass, before the step for exact sizes: 'coke export {run}' gives those.");
}

/// <summary>
/// One head of it: similarity, sizes and violation of the labels that are written; changed labels, duals, eta and the violation's bound of
/// the last pass.
/// </summary>
sealed record ClusteredHeadView : HeadView
{
    ClusteredHeadView(HeadView written, HeadView lastPass, SizesView sizes)
        : base(written) => (LastPass, Sizes) = (lastPass, sizes);

    /// <summary>The last pass, with the mean similarity of its labels to the final centers.</summary>
    public HeadView LastPass { get; }

    /// <summary>What is asked of the sizes, and how it is kept.</summary>
    public SizesView Sizes { get; }

    /// <summary>The view of a head.</summary>
    public static ClusteredHeadView Of(HeadView lastPass, SizedHead head)
    {
        var written = lastPass with
        {
            MeanSimilarity = head.MeanSimilarity,
            Min = head.Sizes.Min(),
            Max = head.Sizes.Max(),
            EmptyClusters = head.Sizes.Count(size => size == 0),
            Missed = new MissedView(
                head.Missed.Count,
                head.Missed.Sum(one => (long)one.Minimum - one.Size),
                [.. head.Missed.Select(one => new SmallClusterView(one.Cluster, one.Size, one.Minimum))]
            ),
            Violation = ClusterQuality.Violation(head.Plan, Array.ConvertAll(head.Sizes, size => (long)size), head.Labels.Length),
        };
        return new(written, lastPass, SizesView.Of(head));
    }
}
