using System.CommandLine;
using System.Text.RegularExpressions;
using CoKe.Alarms;
using CoKe.Cli.Clustering;
using CoKe.Cli.Commands;
using CoKe.Cli.Output;
using CoKe.ConstrainedKMeans;
using CsCheck;

namespace CoKe.Cli.Tests.Clustering;

/// <summary>Every remedy of <c>coke cluster</c> is understood by it in the state in which it is given.</summary>
public class ClusterRemediesTests
{
    [Fact]
    public void For_AnyState_IsAcceptedByTheCommandThatTakesIt() =>
        Gen.Select(Gen.Enum<AlarmKind>(), Gen.Int[8, 2000], Gen.Int[2, 400], Gen.Double[0, 1], Gen.Bool)
            .Sample(
                (kind, N, clusters, ratio, missed) =>
                {
                    var K = Math.Min(clusters, N);
                    var options = Parse(N, "--heads", $"{K}", "--min-size-ratio", $"{ratio:0.00}");

                    var remedy = new ClusterRemedies(options).For(Found(kind, missed));

                    foreach (Match told in Regex.Matches(remedy, "(--[a-z-]+) ([0-9.,]*[0-9])"))
                    {
                        string[] line = ["--heads", $"{K}", "--min-size-ratio", $"{ratio:0.00}"];
                        Parse(N, Replaced(line, told.Groups[1].Value, told.Groups[2].Value)).Validate();
                    }
                }
            );

    [Theory]
    [InlineData(AlarmKind.EmptyClusters)]
    [InlineData(AlarmKind.MinimumSizes)]
    [InlineData(AlarmKind.Collapse)]
    [InlineData(AlarmKind.LabelAgreement)]
    public void For_ARunOnASilo_HasARatioThatARunTakes(AlarmKind kind)
    {
        var options = Parse(600, "--heads", "10", "--min-size-ratio", "0");

        var remedy = new StatsRemedies(options).For(Found(kind, missed: false));

        Assert.NotEmpty(remedy);
        if (Regex.Match(remedy, "clustering.minimum-size-ratio=([0-9.]+)") is { Success: true } ratio)
            Parse(600, "--heads", "10", "--min-size-ratio", ratio.Groups[1].Value).Validate();
    }

    static Finding Found(AlarmKind kind, bool missed) =>
        new(kind, AlarmSeverity.Warning, 0, 1, 1, "")
        {
            Missed = missed
                ? new Shortfall
                {
                    Clusters = 1,
                    Images = 1,
                    Worst = [new SmallCluster(0, 0, 1)],
                }
                : null,
        };

    static string[] Replaced(string[] line, string option, string value)
    {
        var at = Array.IndexOf(line, option);
        if (at < 0)
            return [.. line, option, value];
        line[at + 1] = value;
        return line;
    }

    static ClusteringOptions Parse(int rows, params string[] line)
    {
        var options = new ClusterOptions();
        var command = new Command("cluster") { options.Features };
        foreach (var option in options.All)
            command.Options.Add(option);
        var parse = command.Parse(["x.npy", "--out", "y.npy", .. line]);
        Assert.Empty(parse.Errors);
        return options.Clustering(parse, rows, 4);
    }
}
