using System.CommandLine;
using CoKe.Client.CommandLine;
using CoKe.Client.Features;
using CoKe.Client.Labeling;
using CoKe.Client.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Commands;

/// <summary><c>coke assign RUN FEATURES.npy --out LABELS.npy</c>: labels any features by a run's frozen centers.</summary>
static class AssignCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var features = new Argument<string>("FEATURES.npy") { Description = "2-D float32 (or float64) array in C order, one row per image. Rows are L2-normalized unless all are unit vectors." };
        var output = new Option<string>("--out") { Description = "Labels, int32: (N,) for one head, (heads, N) for several.", HelpName = "LABELS.npy", Required = true };
        var head = new Option<int?>("--head") { Description = "Only this head, counted from 0. Default: all.", HelpName = "H" };
        var command = new Command("assign", "Give every row its most similar center of a run's last committed epoch, without duals. The run is not changed.") { run, features, output, head };
        command.SetAction((parse, cancellation) => RunAsync(
            shared, parse, parse.GetRequiredValue(run), parse.GetRequiredValue(features), parse.GetRequiredValue(output), parse.GetValue(head), cancellation));
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ParseResult parse, string run, string path, string output, int? head, CancellationToken cancellation)
    {
        OutputFile.CheckWritable(output);
        OutputFile.CheckApart(path, ("out", output));
        using var features = FeatureFile.Open(path);
        await using var connection = await shared.ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
        var status = await connection.Client.GetStatusAsync(run);
        var clustering = status.Specification.Clustering;
        var heads = FrozenEpoch.Heads(status, head);
        if (features.Dimension != clustering.Dimension)
        {
            throw new InvalidEmbeddingsException("features", $"{features.Dimension}",
                $"{path} has rows of {features.Dimension} values and run '{run}' clusters {clustering.Dimension}: give features made as the run's were.");
        }

        var preparation = features.Inspect();
        var epoch = await FrozenEpoch.ReadAsync(connection.Client, status, labels: false, centers: true, cancellation);
        var labels = NearestCenters.Assign(features, clustering, heads, epoch.Centers!, cancellation);
        ExportCommand.WriteLabels(output, [.. labels.Select(one => one.Labels)]);
        var view = new AssignView(status.Name, epoch.Epoch, path, features.Rows, preparation, [.. labels.Select(AssignedHeadView.Of)], output);
        if (parse.GetValue(shared.Json)) shared.Terminal.WriteJson(view);
        else view.Show(shared.Terminal);
        return ExitCode.Done;
    }

    /// <summary>What was assigned, as <c>--json</c> shows it.</summary>
    sealed record AssignView(string Run, int Epoch, string Features, int Images, string Preparation, IReadOnlyList<AssignedHeadView> Heads, string Labels)
    {
        public void Show(Terminal terminal)
        {
            terminal.Out.WriteLine($"{Tables.Number(Images)} images by the centers of {Run}, epoch {Epoch}; {Preparation}.");
            var table = Tables.WithColumns(0, "head", "K", "similarity", "min", "max", "empty");
            foreach (var head in Heads)
            {
                table.AddPlainRow(Tables.Number(head.Head), Tables.Number(head.K), Tables.Similarity(head.MeanSimilarity), Tables.Number(head.Min), Tables.Number(head.Max),
                    Tables.Number(head.EmptyClusters));
            }

            terminal.Console.Write(table);
            terminal.Out.WriteLine($"Labels: {Labels}");
        }
    }

    /// <summary>One head of it.</summary>
    sealed record AssignedHeadView(int Head, int K, double MeanSimilarity, long Min, long Max, int EmptyClusters)
    {
        public static AssignedHeadView Of(NearestLabels labels) => new(
            labels.Head, labels.Sizes.Length, labels.MeanSimilarity, labels.Sizes.Min(), labels.Sizes.Max(), labels.Sizes.Count(size => size == 0));
    }
}
