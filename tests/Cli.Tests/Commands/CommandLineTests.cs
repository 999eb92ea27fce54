using CoKe.Cli.CommandLine;
using CoKe.Cli.Commands;
using CoKe.Cli.Output;
using CoKe.Cli.Tests.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("clusters", "x", "--sort", "color")]
    [InlineData("clusters", "x", "--top", "0")]
    [InlineData("cluster", "x.npy", "--out", "y.npy")]
    [InlineData("cluster", "x.npy", "--heads", "10,ten", "--out", "y.npy")]
    [InlineData("cluster", "x.npy", "--heads", "0", "--out", "y.npy")]
    [InlineData("cluster", "x.npy", "--heads", "10", "--epochs", "0", "--out", "y.npy")]
    [InlineData("watch")]
    [InlineData("nonsense")]
    [InlineData("runs", "--gateway", "nowhere")]
    [InlineData("runs", "--gateway", "localhost:0")]
    [InlineData("runs", "--gateway", "localhost:99999")]
    [InlineData("runs", "--gateway", "localhost:1", "--embedded")]
    [InlineData("runs", "restore")]
    [InlineData("runs", "delete")]
    [InlineData("assign", "x", "x.npy")]
    [InlineData("export", "x", "--head", "first", "--labels", "y.npy")]
    public async Task RunAsync_WhatMakesNoSense_IsOneLineAndExitCode2(params string[] args)
    {
        var outcome = await Outcome.OfAsync(args);
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--embedded starts a silo of its own and --gateway localhost:1", "runs", "--gateway", "localhost:1", "--embedded")]
    [InlineData("--data d starts a silo of its own and --gateway localhost:1", "stats", "x", "--gateway", "localhost:1", "--data", "d")]
    [InlineData("--memory starts a silo of its own and --gateway localhost:1", "runs", "--gateway", "localhost:1", "--memory")]
    [InlineData("--data d names a database and --memory keeps none", "runs", "--data", "d", "--memory")]
    [InlineData("--data has no name", "runs", "--data", " ")]
    [InlineData("There is nothing to export", "export", "x")]
    [InlineData("--labels and --centers both name ./y.npy", "export", "x", "--labels", "y.npy", "--centers", "./y.npy")]
    [InlineData("absent/y.npy cannot be written", "export", "x", "--labels", "absent/y.npy")]
    [InlineData("absent/y.npy cannot be written", "assign", "x", "x.npy", "--out", "absent/y.npy")]
    [InlineData("absent.npy does not exist", "assign", "x", "absent.npy", "--out", "y.npy")]
    public async Task RunAsync_OptionsThatContradict_AreRefusedByNameBeforeAnythingStarts(string message, params string[] args)
    {
        var outcome = await Outcome.OfAsync(args);
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith(message, outcome.ErrorLine);
    }

    [Theory]
    [InlineData("runs")]
    [InlineData("runs", "restore", "x")]
    [InlineData("runs", "delete", "x", "--yes")]
    [InlineData("stats", "x")]
    [InlineData("export", "x", "--labels", "y.npy")]
    public async Task RunAsync_DatabaseThatIsNotThere_IsNotMade(params string[] args)
    {
        var outcome = await Outcome.OfAsync([.. args, "--data", _folder.File("typo.db")]);
        Assert.Equal((ExitCode.StorageRefused, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith($"There is no database at {_folder.File("typo.db")}", outcome.ErrorLine);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(_folder.File("x"))!));
    }

    [Theory]
    [InlineData("See 'coke runs restore --help'.", "runs", "restore")]
    [InlineData("See 'coke watch --help'.", "watch")]
    [InlineData("See 'coke --help'.", "nonsense")]
    public async Task RunAsync_MissingArgument_NamesTheHelpOfItsCommand(string hint, params string[] args) =>
        Assert.EndsWith(hint, (await Outcome.OfAsync(args)).ErrorLine);

    [Theory]
    [InlineData("There is no 'clsuters' here: did you mean 'clusters'?", "clsuters", "x")]
    [InlineData("There is no 'restor' here: did you mean 'restore'?", "runs", "restor", "x")]
    [InlineData("There is no '--gatway' here: did you mean '--gateway'?", "stats", "x", "--gatway", "localhost:1")]
    [InlineData("There is no '--fail-on-alarms' here: did you mean '--fail-on-alarm'?", "stats", "x", "--fail-on-alarms")]
    [InlineData("--sort color is none of size, dual, violation, minimum, index.", "clusters", "x", "--sort", "color")]
    [InlineData("--head first is no whole number: give one such as 10.", "clusters", "x", "--head", "first")]
    [InlineData("--eta much is no number: give one such as 0.5.", "cluster", "x.npy", "--eta", "much")]
    [InlineData("--rule roughly is none of ", "cluster", "x.npy", "--rule", "roughly")]
    public async Task RunAsync_Typos_AreToldWhatWasMeant(string sentence, params string[] args)
    {
        var outcome = await Outcome.OfAsync(args);
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.StartsWith(sentence, outcome.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain("CoKe.", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_BeginsWithExamples_WhichParse_AndEndsWithHowSilosAreReached(string command)
    {
        var outcome = await Outcome.OfAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((ExitCode.Done, ""), (outcome.ExitCode, outcome.Error));
        var lines = outcome.Out.Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 120));
        var begin = Array.IndexOf(lines, "Examples:") + 1;
        Assert.True(begin is > 1 and < 12, outcome.Out);
        var examples = lines.Skip(begin).TakeWhile(line => line.Length > 0).Select(line => line.Trim()).ToArray();
        Assert.NotEmpty(examples);
        using var output = new StringWriter();
        foreach (var example in examples)
            Assert.Empty(CokeCommand.Create(new Terminal(output, output)).Parse(example["coke ".Length..]).Errors);
        Assert.True(
            outcome.Out.LastIndexOf("--gateway", StringComparison.Ordinal) > outcome.Out.IndexOf("Usage:", StringComparison.Ordinal)
        );
    }

    public static TheoryData<string> Commands()
    {
        var all = new TheoryData<string> { "" };
        using var output = new StringWriter();
        foreach (var command in CokeCommand.Create(new Terminal(output, output)).Subcommands)
        {
            all.Add(command.Name);
            foreach (var below in command.Subcommands)
                all.Add($"{command.Name} {below.Name}");
        }

        return all;
    }

    [Fact]
    public async Task RunAsync_NoSiloAtTheGateway_SaysHowToStartOne()
    {
        var outcome = await Outcome.OfAsync("runs", "--gateway", "127.0.0.1:1");
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.Contains("No silo answers at 127.0.0.1:1", outcome.Error);
    }

    [Fact]
    public async Task Help_OfCluster_StatesTheDefaults()
    {
        var outcome = await Outcome.OfAsync("cluster", "--help");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        foreach (
            var fragment in new[]
            {
                "[default: 0.4]",
                "[default: 20]",
                "Default: N / 128",
                "in the first 8 passes",
                "0.25 / gamma",
                "without a silo",
                "settle",
            }
        )
            Assert.Contains(fragment, outcome.Words);
    }

    [Fact]
    public void Clustering_OfACommandLine_CarriesEveryOption()
    {
        var options = new ClusterOptions();
        var command = new System.CommandLine.Command("cluster") { options.Features };
        foreach (var option in options.All)
            command.Options.Add(option);
        var parse = command.Parse(
            "x.npy --heads 10,20 --heads 30 --min-size-ratio 0.6 --batch 128 --schedule batch --rule rescaled --eta 0.5 --margin 0.1 "
                + "--seed 7 --out y.npy"
        );
        Assert.Empty(parse.Errors);
        var clustering = options.Clustering(parse, 1000, 16);
        Assert.Equal((1000, 16, 128, 7), (clustering.ImageCount, clustering.Dimension, clustering.BatchSize, clustering.Seed));
        Assert.Equal([10, 20, 30], clustering.Heads.Select(head => head.ClusterCount));
        Assert.Equal(
            new HeadOptions
            {
                ClusterCount = 10,
                MinimumSizeRatio = 0.6,
                Margin = 0.1,
                DualLearningRate = 0.5,
                CenterRule = CenterRule.Rescaled,
                CenterSchedule = CenterSchedule.Batch,
            },
            clustering.Heads[0]
        );
    }

    [Theory]
    [InlineData(0.4, 0.05)]
    [InlineData(1, 0)]
    [InlineData(0, 0)]
    public void DefaultMargin_OfARatio_LeavesTheSizesPossible(double ratio, double margin) =>
        Assert.Equal(margin, ClusterOptions.DefaultMargin(ratio), 12);

    [Fact]
    public async Task Cluster_RowWithoutDirection_IsRefusedBeforeAnythingStarts()
    {
        SavedArray.Save(_folder.File("bad.npy"), [1f, 0, 0, 0], 2, 2);
        var outcome = await Outcome.OfAsync("cluster", _folder.File("bad.npy"), "--heads", "1", "--out", _folder.File("y.npy"));
        Assert.Equal(
            (ExitCode.Refused, $"Row 1 of {_folder.File("bad.npy")} is zero: it has no direction to cluster by; leave it out.\n"),
            (outcome.ExitCode, outcome.Error)
        );
    }

    [Theory]
    [InlineData("K of at most 50", "--heads", "51")]
    [InlineData("gamma' from 0 to 1", "--heads", "5", "--min-size-ratio", "1.5")]
    [InlineData("eta must be finite and above 0", "--heads", "5", "--eta", "0")]
    [InlineData("Margin", "--heads", "5", "--min-size-ratio", "1", "--margin", "0.1")]
    [InlineData("no folder", "--heads", "5", "--report", "absent/r.html")]
    [InlineData("--centers and --report both name", "--heads", "5", "--centers", "both", "--report", "./both")]
    public async Task Cluster_OptionsThatMakeNoSense_AreRefused(string message, params string[] args)
    {
        Blobs.Save(_folder.File("x.npy"), 50, 4, 3);
        var outcome = await Outcome.OfAsync(["cluster", _folder.File("x.npy"), .. args, "--out", _folder.File("y.npy")]);
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.Contains(message, outcome.Error);
    }

    [Fact]
    public void Sorted_EqualSizes_KeepTheOrderOfClusters()
    {
        ClusterView[] clusters = [new(0, 0, 5, 1, 0.1), new(1, 0, 4, 1, 0.3), new(2, 0, 4, 1, 0.3)];
        Assert.Equal([1, 2, 0], ClustersCommand.Sorted(clusters, ClusterOrder.Size).Select(cluster => cluster.Cluster));
        Assert.Equal([1, 2, 0], ClustersCommand.Sorted(clusters, ClusterOrder.Dual).Select(cluster => cluster.Cluster));
    }
}
