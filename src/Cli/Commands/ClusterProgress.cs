using CoKe.Abstractions;
using CoKe.Cli.Clustering;
using CoKe.Cli.Output;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;
using Spectre.Console;

namespace CoKe.Cli.Commands;

/// <summary>Progress of <c>coke cluster</c> on standard error: a bar for a person, a line per pass for a log.</summary>
static class ClusterProgress
{
    /// <summary>Runs the clustering and shows how far it is.</summary>
    public static async Task<FeatureClusteringResult> ShowAsync(
        Terminal terminal,
        long rows,
        Func<Action<long>?, Action<EpochReport>, Task<FeatureClusteringResult>> cluster
    )
    {
        if (!terminal.ErrorIsTerminal)
            return await cluster(null, report => terminal.Error.WriteLine(Tables.Line(EpochView.Of(report))));
        return await terminal
            .Progress.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(context =>
            {
                var bar = context.AddTask("first pass", maxValue: rows);
                return cluster(done => bar.Value = done, report => bar.Description = Description(report));
            });
    }

    /// <summary>Takes the step for exact sizes, head after head, and shows that it is at work.</summary>
    /// <param name="terminal">Where to show it.</param>
    /// <param name="plans">The heads.</param>
    /// <param name="step">Takes the step of one head, by its number.</param>
    public static async Task<SizedHead[]> ShowSizesAsync(Terminal terminal, IReadOnlyList<HeadPlan> plans, Func<int, SizedHead> step)
    {
        var heads = new List<SizedHead>();
        if (terminal.ErrorIsTerminal)
            await terminal.Progress.Status().StartAsync("exact sizes", _ => Task.Run(TakeAll));
        else
            await Task.Run(TakeAll); // so that Ctrl-C is heard
        return [.. heads];

        void TakeAll()
        {
            foreach (var plan in plans)
            {
                var head = step(plan.Head);
                heads.Add(head);
                if (!terminal.ErrorIsTerminal)
                    terminal.Error.WriteLine(
                        $"exact sizes, K {plan.ClusterCount}: {head.Exact!.Passes} passes, {Tables.Number(head.Elapsed.TotalSeconds, 2)} s"
                    );
            }
        }
    }

    static string Description(EpochReport report) =>
        $"pass {report.Epoch + 1}: similarity {string.Join(", ", report.Heads.Select(head => Tables.Similarity(head.MeanSimilarity)))}";
}
