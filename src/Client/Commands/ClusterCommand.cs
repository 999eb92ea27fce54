using System.CommandLine;
using CoKe.Abstractions;
using CoKe.Client.Clustering;
using CoKe.Client.CommandLine;
using CoKe.Client.Features;
using CoKe.Client.Output;
using CoKe.Client.Report;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Commands;

/// <summary><c>coke cluster FEATURES.npy</c>: clusters ready-made features through the actors.</summary>
static class ClusterCommand
{
    // Initial centers travel with the run's specification, in one message; a connection gives up at 100 MiB.
    const long MostCenterBytes = 64L << 20;

    // Keeps the draws of initial centers apart from the order of the passes.
    const int CenterStream = 2;

    public static Command Create(SharedOptions shared)
    {
        var options = new ClusterOptions();
        var command = new Command("cluster", "Cluster ready-made features under a minimum cluster size, through the actors (in a silo inside this process unless --gateway is given).")
        {
            options.Features,
        };
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction((parse, cancellation) => RunAsync(shared, options, parse, cancellation));
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ClusterOptions options, ParseResult parse, CancellationToken cancellation)
    {
        // Everything that can be refused is refused before a silo starts or a run exists.
        var path = parse.GetRequiredValue(options.Features);
        string?[] outputs = [parse.GetRequiredValue(options.Out), parse.GetValue(options.Centers), parse.GetValue(options.Report)];
        OutputFile.Check(("out", outputs[0]), ("centers", outputs[1]), ("report", outputs[2]));
        OutputFile.CheckApart(path, ("out", outputs[0]), ("centers", outputs[1]), ("report", outputs[2]));
        var features = FeatureMatrix.Read(path, normalize: !parse.GetValue(options.NoNormalize));
        var clustering = options.Clustering(parse, features.Rows, features.Dimension);
        clustering.Validate();
        var centers = parse.GetValue(options.Init) == Initialization.Spread ? SpreadInitialCenters(features, clustering) : null;

        await using var connection = await shared.ConnectAsync(parse, SiloNeed.PlaceForARun, cancellation);
        var name = parse.GetValue(options.Run) ?? await RunName.FreeAsync(connection.Client, path);
        var run = new RunSpecification(name, clustering, InitialCenters: centers);
        var passes = parse.GetValue(options.Epochs);
        var clusterer = new ActorClustering(connection.Client, features, run, passes);
        var result = await ClusterProgress.ShowAsync(
            shared.Terminal, (long)features.Rows * passes, (onRows, onPass) => clusterer.RunAsync(onRows, onPass, cancellation));

        Write(result, clustering, outputs[0]!, outputs[1]);
        var view = ClusterResultView.Of(path, features, clustering, result, outputs);
        if (outputs[2] is { } report) ClusterReport.Write(report, view, features, clustering, result);
        if (parse.GetValue(shared.Json)) shared.Terminal.WriteJson(view);
        else view.Show(shared.Terminal);
        return ExitCode.Done;
    }

    static FloatBlock[] SpreadInitialCenters(FeatureMatrix features, ClusteringOptions clustering)
    {
        var bytes = sizeof(float) * (long)features.Dimension * clustering.Heads.Sum(head => (long)head.ClusterCount);
        if (bytes > MostCenterBytes)
        {
            throw new InvalidOptionsException("init", "spread", $"Initial centers of {bytes} bytes are more than one message holds: choose random ones with --init random.");
        }

        return [.. clustering.Heads.Select((head, h) =>
            new FloatBlock(SpreadCenters.Choose(features, head.ClusterCount, new SeededRandom(clustering.Seed, CenterStream, h))))];
    }

    static void Write(FeatureClusteringResult result, ClusteringOptions clustering, string labels, string? centers)
    {
        int[] all = [.. result.Labels.SelectMany(y => y)];
        if (result.Labels.Length == 1) NpyFile.Write(labels, all, all.Length);
        else NpyFile.Write(labels, all, result.Labels.Length, clustering.ImageCount);
        if (centers is not null) NpyFile.Write(centers, [.. result.Centers.SelectMany(c => c)], clustering.Heads.Sum(head => head.ClusterCount), clustering.Dimension);
    }
}
