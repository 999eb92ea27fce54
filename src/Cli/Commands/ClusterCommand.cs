using System.CommandLine;
using System.Text;
using CoKe.Abstractions;
using CoKe.Cli.Clustering;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Report;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Commands;

/// <summary><c>coke cluster FEATURES.npy</c>: clusters ready-made features, by the library or through the actors.</summary>
static class ClusterCommand
{
    // Initial centers travel with the run's specification, in one message; a connection gives up at 100 MiB.
    const long MostCenterBytes = 64L << 20;

    // Keeps the draws of initial centers apart from the order of the passes.
    const int CenterStream = 2;

    public static Command Create(SharedOptions shared)
    {
        var options = new ClusterOptions();
        var command = new Command(
            "cluster",
            "Cluster ready-made features under a minimum cluster size: in this process, without a silo, keeping nothing but the files "
                + "that are named. With --gateway, --data or --embedded the actors cluster, to the same bits, and the run stays; "
                + "with --memory they do, and nothing stays."
        )
        {
            options.Features,
        };
        foreach (var option in options.All)
            command.Options.Add(option);
        command.SetAction((parse, cancellation) => RunAsync(shared, options, parse, cancellation));
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ClusterOptions options, ParseResult parse, CancellationToken cancellation)
    {
        // Everything that can be refused is refused before a silo starts or a run exists.
        var path = parse.GetRequiredValue(options.Features);
        string?[] outputs = [parse.GetRequiredValue(options.Out), parse.GetValue(options.Centers), parse.GetValue(options.Report)];
        OutputPath.Check(("out", outputs[0]), ("centers", outputs[1]), ("report", outputs[2]));
        OutputPath.CheckApart(path, ("out", outputs[0]), ("centers", outputs[1]), ("report", outputs[2]));
        var sizes = options.Sizes(parse);
        using var source = FeatureInput.Open(path);
        source.CheckApart(("out", outputs[0]), ("centers", outputs[1]), ("report", outputs[2]));
        sizes.CheckRows(source.Rows, parse.GetRequiredValue(options.Heads)[0], parse.GetValue(options.MinimumSizeRatio));
        var clustering = options.Clustering(parse, source.Rows, source.Columns, sizes);
        clustering.Validate();
        HeadPlan[] plans = [.. clustering.Heads.Select((_, h) => new HeadPlan(clustering, h))];
        SizeBounds[] bounds = [.. plans.Select(plan => sizes.Bounds(plan, source.Rows))];
        var passes = parse.GetValue(options.Epochs);
        var choice = shared.Choice(parse);
        var name = parse.GetValue(options.Run);
        if (choice.IsNone && name is not null)
        {
            throw new InvalidOptionsException(
                "run",
                name,
                $"--run {name} names a run, and without --gateway, --data, --embedded or --memory there is none: give one of them, "
                    + "or leave --run out."
            );
        }

        var spread = parse.GetValue(options.Init) == Initialization.Spread;
        if (spread && !choice.IsNone)
            CheckFitsOneMessage(clustering);
        var by =
            choice.IsNone ? ClusteredBy.Library
            : choice.IsEmbedded(SiloNeed.PlaceForARun) ? ClusteredBy.SiloInside
            : ClusteredBy.SiloElsewhere;
        var inFiles = MemoryNeed.Of(clustering, by, spread).RowsStayInFiles(source, parse.GetValue(options.Rows));

        // Opened before the first pass: what cannot be written, or has no room, is known now and not after the work.
        var clusterCount = clustering.Heads.Sum(head => (long)head.ClusterCount);
        using var files = new OutputFiles(
            ("out", outputs[0], NpyFile.Length((long)clustering.Heads.Count * source.Rows)),
            ("centers", outputs[1], NpyFile.Length(clusterCount * clustering.Dimension)),
            ("report", outputs[2], 0)
        );
        using var prepared = PreparedRows.Open(source, inFiles, normalize: !parse.GetValue(options.NoNormalize));
        var features = prepared.Rows;
        var centers = spread ? SpreadInitialCenters(features, clustering) : null;
        var result = await ClusterProgress.ShowAsync(shared.Terminal, (long)features.Rows * passes, (onRows, onPass) =>
            choice.IsNone ? ByTheLibraryAsync(onRows, onPass) : ByTheActorsAsync(onRows, onPass)
        );

        SizedHead[] heads = parse.GetValue(options.Online)
            ? [.. plans.Select((plan, h) => SizedHead.Online(plan, bounds[h], result.Labels[h], result.MeanSimilarity[h]))]
            : await ClusterProgress.ShowSizesAsync(shared.Terminal, plans, h =>
                SizedHead.Of(plans[h], bounds[h], features, result.Centers[h], result.Duals[h], sizes.Effort, cancellation)
            );

        files.Write("out", stream => NpyFile.WriteLabels(stream, [.. heads.Select(head => head.Labels)]));
        files.Write("centers", stream => NpyFile.Write(stream, result.Centers, clusterCount, clustering.Dimension));
        var view = ClusterResultView.Of(
            ReadView.Of(source, !inFiles),
            prepared.Preparation,
            features,
            clustering,
            result,
            heads,
            sizes,
            stays: !choice.IsNone && !choice.Memory,
            outputs
        );
        if (outputs[2] is not null)
        {
            var page = Encoding.UTF8.GetBytes(ClusterReport.Of(view, features, clustering, result, heads));
            files.Write("report", stream => stream.Write(page));
        }

        files.Complete();
        if (parse.GetValue(shared.Json))
            shared.Terminal.WriteJson(view);
        else
            view.Show(shared.Terminal, heads);
        return parse.GetValue(options.Strict) && heads.Any(head => head.Missed.Count > 0) ? ExitCode.MinimumMissed
            : parse.GetValue(options.FailOnAlarm) && view.Alarms.Count > 0 ? ExitCode.AlarmStands
            : ExitCode.Done;

        Task<FeatureClusteringResult> ByTheLibraryAsync(Action<long>? onRows, Action<EpochReport> onPass)
        {
            var clusterer = new LibraryClustering(features, clustering, centers, passes, Environment.ProcessorCount);
            return Task.Run(() => clusterer.Run(onRows, onPass, cancellation), cancellation); // so that Ctrl-C is heard
        }

        async Task<FeatureClusteringResult> ByTheActorsAsync(Action<long>? onRows, Action<EpochReport> onPass)
        {
            await using var connection = await shared.ConnectAsync(parse, SiloNeed.PlaceForARun, cancellation);
            var run = new RunSpecification(
                name ?? await RunName.FreeAsync(connection.Client, source.Path),
                clustering,
                InitialCenters: centers is null ? null : [.. centers.Select(rows => new FloatValues(rows))]
            );
            return await new ActorClustering(connection.Client, features, run, passes).RunAsync(onRows, onPass, cancellation);
        }
    }

    static float[][] SpreadInitialCenters(RowSource features, ClusteringOptions clustering) =>
        [
            .. clustering.Heads.Select(
                (head, h) =>
                    SpreadCenters.Choose(
                        features,
                        head.ClusterCount,
                        new SeededRandom(clustering.Seed, CenterStream, h),
                        Environment.ProcessorCount
                    )
            ),
        ];

    static void CheckFitsOneMessage(ClusteringOptions clustering)
    {
        var bytes = sizeof(float) * (long)clustering.Dimension * clustering.Heads.Sum(head => (long)head.ClusterCount);
        if (bytes > MostCenterBytes)
        {
            throw new InvalidOptionsException(
                "init",
                "spread",
                $"Initial centers of {bytes} bytes are more than one message to the actors holds: leave --gateway, --data, "
                    + "--embedded and --memory out, or choose random ones with --init random."
            );
        }
    }
}
