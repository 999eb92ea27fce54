using System.CommandLine;
using CoKe.Cli.Clustering;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Cli.Commands;

/// <summary>Where the initial centers of <c>coke cluster</c> come from.</summary>
enum Initialization
{
    /// <summary>Rows far from each other (greedy k-means++).</summary>
    Spread,

    /// <summary>Random unit vectors, as in training.</summary>
    Random,
}

/// <summary>Arguments and options of <c>coke cluster</c>, with the defaults that its help states.</summary>
sealed class ClusterOptions
{
    public Argument<string> Features { get; } =
        new("FEATURES.npy")
        {
            Description =
                "2-D array of any type of number, one row per image, from numpy.save or numpy.savez; "
                + "or a folder of its pieces, part-*.npy.",
        };

    public Option<RowsChoice> Rows { get; } = RowsOption();

    public Option<int[]> Heads { get; } =
        new("--heads")
        {
            Description = "Numbers of clusters K, one k-means problem each.",
            HelpName = "K[,K...]",
            Required = true,
            CustomParser = HeadsArgument.Parse,
        };

    public Option<double> MinimumSizeRatio { get; } =
        new("--min-size-ratio")
        {
            Description = "gamma': every cluster holds at least the whole part of gamma' N / K images, 0 to 1. 0.4 to 0.6 clusters best.",
            DefaultValueFactory = _ => 0.4,
            HelpName = "RATIO",
        };

    public Option<string?> MinimumSizes { get; } =
        new("--min-sizes")
        {
            Description =
                "A minimum for every cluster instead of --min-size-ratio: K numbers of any type, in images, for one head; "
                + "the whole parts are kept.",
            HelpName = "FILE.npy",
        };

    public Option<double?> MaximumSizeRatio { get; } = SizeOptions.MaximumRatio();

    public Option<string?> MaximumSizes { get; } =
        new("--max-sizes")
        {
            Description =
                "A maximum for every cluster instead of --max-size-ratio: K numbers of any type, in images, for one head; rounded up, "
                + "infinity for none.",
            HelpName = "FILE.npy",
        };

    public Option<bool> Online { get; } =
        new("--online")
        {
            Description =
                "Leave out the step for exact sizes: the labels are those of the last pass, whose minimums may be missed; "
                + "then a warning says so. Maximums need the step.",
        };

    public Option<bool> Strict { get; } =
        new("--strict")
        {
            Description = "Exit with 3 when a minimum is missed, which can be only with --online; the files are written all the same.",
        };

    public Option<bool> FailOnAlarm { get; } =
        new("--fail-on-alarm")
        {
            Description =
                "Exit with 4 when something looks wrong: empty clusters, a collapse, features that are nearly all the same, "
                + "minimums far missed; "
                + "the files are written all the same.",
        };

    public Option<int?> SizePasses { get; } = SizeOptions.Passes();

    public Option<int> Epochs { get; } =
        AtLeast(
            1,
            "--epochs",
            FeatureDefaults.Passes,
            "Passes over the features at most; they end when labels and similarity settle.",
            "N"
        );

    public Option<int?> Batch { get; } =
        AtLeastOne("--batch", "Rows of a mini-batch; every batch moves the duals once. Default: N / 128, from 1 to 1024.", "ROWS");

    public Option<CenterSchedule?> Schedule { get; } =
        new("--schedule")
        {
            Description =
                "When centers move: after every pass (eqn 12) or after every mini-batch (eqn 13). Default: "
                + "with 50 rows per cluster or more, "
                + "after every mini-batch in the first 8 passes, which converge sooner so; else after every pass.",
            HelpName = "epoch|batch",
        };

    public Option<CenterRule> Rule { get; } =
        new("--rule")
        {
            Description =
                "How centers follow from their members with --schedule batch: normalized sum (eqn 13), or the published code's recursion.",
            DefaultValueFactory = _ => CenterRule.Exact,
            HelpName = "exact|rescaled",
        };

    public Option<double?> Eta { get; } =
        new("--eta")
        {
            Description =
                "Dual learning rate. Default: K min(max(0.64, 0.25 / gamma') B / N, 0.02), "
                + "so that duals of features that stay as they are settle.",
            HelpName = "X",
        };

    public Option<double?> Margin { get; } =
        new("--margin")
        {
            Description =
                "Ask the duals for minimum sizes times 1 + M, so that the plain ones are met. Default: 0.05, "
                + "less where gamma' leaves no room for it.",
            HelpName = "M",
        };

    public Option<Initialization> Init { get; } =
        new("--init")
        {
            Description = "Initial centers: rows far from each other (greedy k-means++), or random unit vectors.",
            DefaultValueFactory = _ => Initialization.Spread,
            HelpName = "spread|random",
        };

    public Option<int> Seed { get; } =
        new("--seed")
        {
            Description = "Seed of initial centers and of the order of rows.",
            DefaultValueFactory = _ => 0,
            HelpName = "S",
        };

    public Option<string?> Run { get; } =
        new("--run") { Description = "Name of the run that the actors create. Default: after the file.", HelpName = "NAME" };

    public Option<string> Out { get; } =
        new("--out")
        {
            Description = "Labels, with exact sizes unless --online is given, int32: (N,) for one head, (heads, N) for several.",
            HelpName = "LABELS.npy",
            Required = true,
        };

    public Option<string?> Centers { get; } =
        new("--centers")
        {
            Description = "Also write the final centers, float32 unit rows: (K, d), several heads one below the other.",
            HelpName = "FILE.npy",
        };

    public Option<string?> Report { get; } =
        new("--report")
        {
            Description = "Also write a page with charts and the certificate of the labels; it needs nothing else to be shown.",
            HelpName = "FILE.html",
        };

    public Option<bool> NoNormalize { get; } =
        new("--no-normalize") { Description = "Refuse rows that are no unit vectors. Default: they are L2-normalized." };

    public IEnumerable<Option> All =>
        [
            Heads,
            MinimumSizeRatio,
            MinimumSizes,
            MaximumSizeRatio,
            MaximumSizes,
            Online,
            Strict,
            FailOnAlarm,
            SizePasses,
            Epochs,
            Batch,
            Schedule,
            Rule,
            Eta,
            Margin,
            Init,
            Seed,
            Run,
            Out,
            Centers,
            Report,
            NoNormalize,
            Rows,
        ];

    /// <summary>The sizes that were asked for, read from their files.</summary>
    /// <exception cref="InvalidOptionsException">Options contradict each other.</exception>
    /// <exception cref="InvalidFileException">A file of sizes cannot be used.</exception>
    public SizeRequest Sizes(ParseResult parse)
    {
        var (minimums, maximums) = (parse.GetValue(MinimumSizes), parse.GetValue(MaximumSizes));
        var ratio = parse.GetResult(MinimumSizeRatio) is { Implicit: false } ? parse.GetValue(MinimumSizeRatio) : (double?)null;
        if (minimums is not null && ratio is not null)
            throw Contradiction(
                "min-sizes",
                minimums,
                $"--min-sizes {minimums} gives every cluster a minimum of its own and --min-size-ratio {SizeFile.Text(ratio.Value)} one "
                    + "to all"
            );
        if (maximums is not null && parse.GetValue(MaximumSizeRatio) is { } most)
            throw Contradiction(
                "max-sizes",
                maximums,
                $"--max-sizes {maximums} gives every cluster a maximum of its own and --max-size-ratio {SizeFile.Text(most)} one to all"
            );

        var heads = parse.GetRequiredValue(Heads);
        var request = new SizeRequest(
            parse.GetValue(SizePasses),
            parse.GetValue(MaximumSizeRatio),
            SizeFile.Read("min-sizes", minimums, heads, infinite: false),
            SizeFile.Read("max-sizes", maximums, heads, infinite: true)
        );
        if (!parse.GetValue(Online))
            return request;
        if (request.Maximum.Length > 0)
            throw Contradiction(
                "online",
                "true",
                $"{request.Maximum} is kept by the step for exact sizes, which --online leaves out; the online rule knows minimums alone"
            );
        if (request.Passes is { } passes)
            throw Contradiction("online", "true", $"--size-passes {passes} limits the step for exact sizes, which --online leaves out");
        return request;

        static InvalidOptionsException Contradiction(string field, string value, string both) =>
            new(field, value, both + ": give only one of them.");
    }

    /// <summary>The clustering that was asked for; not validated.</summary>
    public ClusteringOptions Clustering(ParseResult parse, int rows, int dimension, SizeRequest? sizes = null)
    {
        var ratio = sizes?.Minimums?.Values.Sum() / rows ?? parse.GetValue(MinimumSizeRatio);
        var batch = Math.Min(parse.GetValue(Batch) ?? FeatureDefaults.BatchSize(rows), rows);
        return new()
        {
            ImageCount = rows,
            Dimension = dimension,
            BatchSize = batch,
            Seed = parse.GetValue(Seed),
            Heads =
            [
                .. parse
                    .GetRequiredValue(Heads)
                    .Select(K => new HeadOptions
                    {
                        ClusterCount = K,
                        MinimumSizeRatio = parse.GetValue(MinimumSizeRatio),
                        MinimumSizes = sizes?.Minimums?.Values,
                        Margin = parse.GetValue(Margin) ?? DefaultMargin(ratio),
                        DualLearningRate = parse.GetValue(Eta) ?? FeatureDefaults.DualLearningRate(rows, K, batch, ratio),
                        CenterRule = parse.GetValue(Rule),
                        CenterSchedule = parse.GetValue(Schedule) ?? FeatureDefaults.Schedule(rows, K),
                        BatchScheduleEpochs = parse.GetValue(Schedule) is null ? FeatureDefaults.BatchSchedulePasses(rows, K) : null,
                    }),
            ],
        };
    }

    // The last pass then ends above nearly every minimum by itself, at no cost in similarity, and the exact step has little to move.
    internal static double DefaultMargin(double minimumSizeRatio) =>
        minimumSizeRatio is > 0 and <= 1 ? Math.Min(0.05, (1 / minimumSizeRatio) - 1) : 0;

    /// <summary>Where rows are while they are clustered.</summary>
    public static Option<RowsChoice> RowsOption(string only = "") =>
        new("--rows")
        {
            Description =
                "Hold the rows in memory, or leave them in their files and read them in batches; the labels are the same. "
                + "Default: in memory where they fit."
                + only,
            DefaultValueFactory = _ => RowsChoice.Auto,
            HelpName = "auto|memory|files",
        };

    static Option<int?> AtLeastOne(string name, string description, string helpName)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result => Refusals.Below(result, 1));
        return option;
    }

    static Option<int> AtLeast(int least, string name, int value, string description, string helpName)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            DefaultValueFactory = _ => value,
            HelpName = helpName,
        };
        option.Validators.Add(result => Refusals.Below(result, least));
        return option;
    }
}
