using CoKe.Abstractions;
using CoKe.Client.Clustering;
using CoKe.Client.Output;
using Spectre.Console;

namespace CoKe.Client.Commands;

/// <summary>Progress of <c>coke cluster</c> on standard error: a bar for a person, a line per pass for a log.</summary>
static class ClusterProgress
{
    /// <summary>Runs the clustering and shows how far it is.</summary>
    public static async Task<FeatureClusteringResult> ShowAsync(
        Terminal terminal, long rows, Func<Action<long>?, Action<EpochReport>, Task<FeatureClusteringResult>> cluster)
    {
        if (!terminal.ErrorIsTerminal) return await cluster(null, report => terminal.Error.WriteLine(Tables.Line(EpochView.Of(report))));
        return await terminal.Progress.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask("first pass", maxValue: rows);
                return cluster(done => bar.Value = done, report => bar.Description = Description(report));
            });
    }

    static string Description(EpochReport report) =>
        $"pass {report.Epoch + 1}: similarity {string.Join(", ", report.Heads.Select(head => Tables.Similarity(head.MeanSimilarity)))}";
}
