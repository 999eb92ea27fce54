using CoKe.Client.Clustering;
using CoKe.Client.Features;
using CoKe.Client.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Commands;

/// <summary>What <c>coke cluster</c> says in the end, as <c>--json</c> shows it. Heads carry the mean similarity to the final centers; no run: nothing is kept.</summary>
sealed record ClusterResultView(
    string? Run, string Features, int Images, int Dimension, string Preparation, int Passes, bool Settled, int Batch, CenterSchedule Schedule, CenterRule Rule, double MinimumSizeRatio,
    double Margin, int Seed, double Seconds, double ImagesPerSecond, IReadOnlyList<HeadView> Heads, IReadOnlyList<string> Warnings, string Labels, string? Centers, string? Report)
{
    /// <summary>The view of a result.</summary>
    public static ClusterResultView Of(
        string path, FeatureMatrix features, ClusteringOptions clustering, FeatureClusteringResult result, IReadOnlyList<string?> outputs)
    {
        var head = clustering.Heads[0];
        return new(result.Run, path, features.Rows, features.Dimension, features.Preparation, result.Passes.Count, result.Settled, clustering.BatchSize, head.CenterSchedule, head.CenterRule,
            head.MinimumSizeRatio, head.Margin, clustering.Seed, result.Elapsed.TotalSeconds, result.ImagesPerSecond,
            [.. EpochView.Of(result.Passes[^1]).Heads.Select((view, h) => view with { MeanSimilarity = result.MeanSimilarity[h] })],
            result.Warnings, outputs[0]!, outputs[1], outputs[2]);
    }

    /// <summary>Shows it to a person.</summary>
    public void Show(Terminal terminal)
    {
        terminal.Out.WriteLine($"{Tables.Number(Images)} images of {Dimension} values; {Preparation}.");
        terminal.Console.Write(Tables.Heads(new EpochView(Passes - 1, Images, 0, Heads), terminal.Console.Profile.Width));
        foreach (var warning in Warnings) terminal.Out.WriteLine("warning: " + warning);
        terminal.Out.WriteLine($"{Passes} passes in {Tables.Number(Seconds, 2)} s, {(Settled ? "ended because labels and similarity settled" : "as many as --epochs allows")}; "
            + $"{Tables.Number((long)ImagesPerSecond)} images/s. Labels: {Labels}" + (Centers is null ? "" : $"; centers: {Centers}") + (Report is null ? "" : $"; report: {Report}"));
        terminal.Out.WriteLine(Run is null ? "Clustered in this process; nothing else is kept (--data keeps the run)." : $"Clustered by the actors, run {Run}.");
    }
}
