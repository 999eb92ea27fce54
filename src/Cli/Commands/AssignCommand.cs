using System.CommandLine;
using CoKe.Cli.Clustering;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Labeling;
using CoKe.Cli.Output;
using CoKe.Cli.Report;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Commands;

/// <summary><c>coke assign RUN FEATURES.npy --out LABELS.npy</c>: labels any features by a run's frozen centers.</summary>
static class AssignCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var features = new Argument<string>("FEATURES.npy")
        {
            Description =
                "2-D array of any type of number, one row per image, from numpy.save or numpy.savez; or a folder of its pieces, "
                + "part-*.npy. Rows are L2-normalized unless all are unit vectors.",
        };
        var output = new Option<string>("--out")
        {
            Description = "Labels, int32: (N,) for one head, (heads, N) for several.",
            HelpName = "LABELS.npy",
            Required = true,
        };
        var head = new Option<int?>("--head") { Description = "Only this head, counted from 0. Default: all.", HelpName = "H" };
        var withSizes = new Option<bool>("--with-sizes")
        {
            Description = "Keep the run's minimum sizes, scaled to the number of rows: the same step as that of 'cluster'.",
        };
        var maximumRatio = SizeOptions.MaximumRatio(" Only --with-sizes.");
        var passes = SizeOptions.Passes(" Only --with-sizes.");
        var rows = ClusterOptions.RowsOption(" Only --with-sizes.");
        var command = new Command(
            "assign",
            "Give every row its most similar center of a run's last committed epoch, without duals and "
                + "whatever the sizes: on the run's own rows these labels can differ from those of 'coke cluster', "
                + "which keep its sizes, as "
                + "--with-sizes does. The run is not changed."
        )
        {
            run,
            features,
            output,
            head,
            withSizes,
            maximumRatio,
            passes,
            rows,
        };
        command.SetAction(
            (parse, cancellation) =>
                RunAsync(
                    shared,
                    parse,
                    new Request(
                        parse.GetRequiredValue(run),
                        parse.GetRequiredValue(features),
                        parse.GetRequiredValue(output),
                        parse.GetValue(head),
                        parse.GetValue(withSizes),
                        new SizeRequest(parse.GetValue(passes), parse.GetValue(maximumRatio)),
                        parse.GetValue(rows)
                    ),
                    cancellation
                )
        );
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ParseResult parse, Request request, CancellationToken cancellation)
    {
        request.Validate();
        using var source = FeatureInput.Open(request.Features);
        source.CheckApart(("out", request.Output));
        await using var connection = await shared.ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
        var status = await connection.Client.GetStatusAsync(request.Run, cancellation);
        var clustering = status.Specification.Clustering;
        var heads = FrozenEpoch.Heads(status, request.Head);
        if (source.Columns != clustering.Dimension)
        {
            throw new InvalidEmbeddingsException(
                "features",
                $"{source.Columns}",
                $"{request.Features} has rows of {source.Columns} values and run '{request.Run}' clusters {clustering.Dimension}: "
                    + "give features made as the run's were."
            );
        }

        using var files = new OutputFiles(("out", request.Output, NpyFile.Length((long)heads.Length * source.Rows)));
        if (request.WithSizes)
            await AssignWithSizesAsync();
        else
            await AssignNearestAsync();
        return ExitCode.Done;

        async Task AssignNearestAsync()
        {
            var features = new FeatureFile(source); // closed with the source
            var preparation = features.Inspect();
            var epoch = await FrozenEpoch.ReadAsync(connection.Client, status, labels: false, centers: true, cancellation);
            var labels = NearestCenters.Assign(features, clustering, heads, epoch.Centers!, cancellation);
            Finish(epoch, preparation, false, [.. labels.Select(one => one.Labels)], [.. labels.Select(AssignedHeadView.Of)], []);
        }

        async Task AssignWithSizesAsync()
        {
            var siloInside = shared.Choice(parse).IsEmbedded(SiloNeed.ExistingRuns);
            int[] clusterCounts = [.. heads.Select(h => clustering.Heads[h].ClusterCount)];
            var inFiles = MemoryNeed.OfSizes(source.Rows, source.Columns, clusterCounts, siloInside).RowsStayInFiles(source, request.Rows);
            using var prepared = PreparedRows.Open(source, inFiles);
            var rows = prepared.Rows;
            HeadPlan[] plans = [.. heads.Select(h => new HeadPlan(clustering, h))];
            SizeBounds[] bounds = [.. plans.Select(plan => request.Sizes.Bounds(plan, rows.Rows))];
            var epoch = await FrozenEpoch.ReadAsync(connection.Client, status, labels: false, centers: true, cancellation);

            // The duals move with the open epoch; without them equal epochs give equal labels.
            SizedHead[] sized =
            [
                .. plans.Zip(bounds, (plan, bound) =>
                    SizedHead.Of(plan, bound, rows, epoch.Centers![plan.Head], [], request.Sizes.Effort, cancellation)
                ),
            ];
            Finish(
                epoch,
                prepared.Preparation,
                !inFiles,
                [.. sized.Select(one => one.Labels)],
                [.. sized.Select(AssignedHeadView.Of)],
                sized
            );
        }

        void Finish(
            FrozenEpoch epoch,
            string preparation,
            bool inMemory,
            IReadOnlyList<int[]> labels,
            IReadOnlyList<AssignedHeadView> views,
            IReadOnlyList<SizedHead> sized
        )
        {
            files.Write("out", stream => NpyFile.WriteLabels(stream, labels));
            files.Complete();
            var view = new AssignView(
                status.Name,
                epoch.Epoch,
                source.Path,
                source.Rows,
                ReadView.Of(source, inMemory),
                preparation,
                request.WithSizes,
                AssignView.Meaning(request.WithSizes),
                views,
                request.Output
            );
            if (parse.GetValue(shared.Json))
                shared.Terminal.WriteJson(view);
            else
                view.Show(shared.Terminal, sized);
        }
    }

    sealed record Request(string Run, string Features, string Output, int? Head, bool WithSizes, SizeRequest Sizes, RowsChoice Rows)
    {
        public void Validate()
        {
            OutputPath.CheckWritable(Output);
            OutputPath.CheckApart(Features, ("out", Output));
            if (WithSizes)
                return;
            var option =
                Sizes.Maximum.Length > 0 ? Sizes.Maximum
                : Sizes.Passes is { } passes ? $"--size-passes {passes}"
                : Rows != RowsChoice.Auto ? $"--rows {Rows.ToString().ToLowerInvariant()}"
                : "";
            if (option.Length == 0)
                return;
            throw new InvalidOptionsException(
                "with-sizes",
                "false",
                $"{option} is for labels that keep sizes: give --with-sizes too, or leave it out."
            );
        }
    }

    /// <summary>What was assigned, as <c>--json</c> shows it.</summary>
    sealed record AssignView(
        string Run,
        int Epoch,
        string Features,
        int Images,
        ReadView Read,
        string Preparation,
        bool WithSizes,
        string Rule,
        IReadOnlyList<AssignedHeadView> Heads,
        string Labels
    )
    {
        public static string Meaning(bool withSizes) =>
            withSizes
                ? "Labels are the best for the run's centers that keep its sizes, scaled to these rows."
                : "Labels are by the most similar center, whatever the sizes, and can differ from those of 'coke cluster'; "
                    + "--with-sizes keeps the sizes.";

        public void Show(Terminal terminal, IReadOnlyList<SizedHead> sized)
        {
            terminal.Out.WriteLine($"{Tables.Number(Images)} images by the centers of {Run}, epoch {Epoch}; {Preparation}.");
            terminal.Out.WriteLine(Read.Sentence);
            var table = Tables.WithColumns(0, "head", "K", "similarity", "min", "max", "empty");
            foreach (var head in Heads)
            {
                table.AddPlainRow(
                    Tables.Number(head.Head),
                    Tables.Number(head.K),
                    Tables.Similarity(head.MeanSimilarity),
                    Tables.Number(head.Min),
                    Tables.Number(head.Max),
                    Tables.Number(head.EmptyClusters)
                );
            }

            terminal.Console.Write(table);
            foreach (var head in sized)
                terminal.Out.WriteLine(SizeSentences.Certificate(head, sized.Count == 1));
            terminal.Out.WriteLine(Rule);
            terminal.Out.WriteLine($"Labels: {Labels}");
        }
    }

    /// <summary>One head of it; no sizes were kept where there is no view of them.</summary>
    sealed record AssignedHeadView(int Head, int K, double MeanSimilarity, long Min, long Max, int EmptyClusters, SizesView? Sizes)
    {
        public static AssignedHeadView Of(NearestLabels labels) =>
            new(
                labels.Head,
                labels.Sizes.Length,
                labels.MeanSimilarity,
                labels.Sizes.Min(),
                labels.Sizes.Max(),
                labels.Sizes.Count(size => size == 0),
                null
            );

        public static AssignedHeadView Of(SizedHead head) =>
            new(
                head.Plan.Head,
                head.Plan.ClusterCount,
                head.MeanSimilarity,
                head.Sizes.Min(),
                head.Sizes.Max(),
                head.Sizes.Count(size => size == 0),
                SizesView.Of(head)
            );
    }
}
