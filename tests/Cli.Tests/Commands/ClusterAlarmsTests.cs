using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;

namespace CoKe.Cli.Tests.Commands;

/// <summary>
/// What looks wrong in the labels of <c>coke cluster</c>, and later in its run: said everywhere, with a remedy that cures it.
/// </summary>
public sealed class ClusterAlarmsTests : IDisposable
{
    const int N = 600,
        d = 6;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cluster_Healthy_RaisesNone()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 6);
        var outcome = await ClusterAsync("x.npy", "--heads", "8,5", "--fail-on-alarm");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        Assert.DoesNotContain("alarm", outcome.Out);
    }

    [Fact]
    public async Task Cluster_OnePassOfHealthyFeatures_RaisesNone()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 6);
        Assert.Equal(ExitCode.Done, (await ClusterAsync("x.npy", "--heads", "6", "--epochs", "1", "--fail-on-alarm")).ExitCode);
    }

    [Fact]
    public async Task Cluster_FeaturesThatAreNearlyTheSame_SaysSoEverywhereAndTheRemedyCures()
    {
        var rows = Rows(row => [100, 0, 0, 0, row % 4, row % 3]);
        SavedArray.Save(_folder.File("x.npy"), rows, N, d);

        var outcome = await ClusterAsync("x.npy", "--heads", "5", "--report", _folder.File("r.html"));
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        Assert.Contains("alarm: All embeddings are nearly the same: their spread is 0.00", outcome.Out);
        Assert.Contains("<strong>Alarm:</strong> All embeddings are nearly the same", File.ReadAllText(_folder.File("r.html")));
        var failed = await ClusterAsync("x.npy", "--heads", "5", "--json", "--fail-on-alarm");
        Assert.Equal(ExitCode.AlarmStands, failed.ExitCode);
        var alarm = Assert.Single(failed.Json.GetProperty("alarms").EnumerateArray());
        Assert.Equal(
            ("identical-embeddings", "failure", JsonValueKind.Null),
            (alarm.GetProperty("kind").GetString(), alarm.GetProperty("severity").GetString(), alarm.GetProperty("head").ValueKind)
        );

        // x -= x.mean(axis=0)
        var mean = Enumerable.Range(0, d).Select(i => rows.Where((_, at) => at % d == i).Average()).ToArray();
        SavedArray.Save(_folder.File("cured.npy"), [.. rows.Select((value, at) => value - mean[at % d])], N, d);
        Assert.Equal(ExitCode.Done, (await ClusterAsync("cured.npy", "--heads", "5", "--fail-on-alarm")).ExitCode);
    }

    [Theory]
    [InlineData("empty-clusters", "warning", 0.0)]
    [InlineData("collapse", "failure", 0.98)]
    public async Task Cluster_WithoutMinimums_SaysWhatBecameOfTheClustersAndTheRemedyCures(string kind, string severity, double alike)
    {
        // Four directions only, or nearly all rows in one of them.
        SavedArray.Save(_folder.File("x.npy"), Rows(row => Direction(row < alike * N ? 0 : row % 4)), N, d);
        string[] line = ["--heads", "10", "--json", "--fail-on-alarm", "--min-size-ratio"];

        var outcome = await ClusterAsync("x.npy", [.. line, "0"]);
        Assert.Equal(ExitCode.AlarmStands, outcome.ExitCode);
        var alarm = Assert.Single(outcome.Json.GetProperty("alarms").EnumerateArray());
        Assert.Equal(
            (kind, severity, 0),
            (alarm.GetProperty("kind").GetString(), alarm.GetProperty("severity").GetString(), alarm.GetProperty("head").GetInt32())
        );

        var ratio = Regex.Match(alarm.GetProperty("remedy").GetString()!, @"--min-size-ratio (\S*[0-9])").Groups[1].Value;
        Assert.Equal(ExitCode.Done, (await ClusterAsync("x.npy", [.. line, ratio])).ExitCode);
    }

    [Fact]
    public async Task Cluster_OneThatHasAllThatTheMinimumsLeave_IsACollapseAndAMaximumCures()
    {
        SavedArray.Save(_folder.File("x.npy"), Rows(row => Direction(row < 0.98 * N ? 0 : row % 4)), N, d);
        var outcome = await ClusterAsync("x.npy", "--heads", "5", "--json", "--fail-on-alarm");
        Assert.Equal(ExitCode.AlarmStands, outcome.ExitCode);
        Assert.Equal("collapse", Assert.Single(outcome.Json.GetProperty("alarms").EnumerateArray()).GetProperty("kind").GetString());
        Assert.Equal(ExitCode.Done, (await ClusterAsync("x.npy", "--heads", "5", "--fail-on-alarm", "--max-size-ratio", "2")).ExitCode);
    }

    [Fact]
    public async Task Cluster_StrictThatMissesMinimums_KeepsItsOwnExitCode()
    {
        SavedArray.Save(_folder.File("x.npy"), Rows(row => Direction(row < 0.9 * N ? 0 : row % 4)), N, d);
        string[] line = ["--heads", "6", "--min-size-ratio", "0.9", "--online", "--epochs", "1", "--fail-on-alarm"];
        Assert.Equal(ExitCode.AlarmStands, (await ClusterAsync("x.npy", line)).ExitCode);
        Assert.Equal(ExitCode.MinimumMissed, (await ClusterAsync("x.npy", [.. line, "--strict"])).ExitCode);
    }

    [Fact]
    public async Task Stats_OfAStoredRunThatCollapsed_SaysSoAfterwardsAndAgain()
    {
        SavedArray.Save(_folder.File("x.npy"), Rows(row => Direction(row < 0.98 * N ? 0 : row % 4)), N, d);
        var database = _folder.File("runs.db");
        var clustered = await ClusterAsync("x.npy", "--heads", "10", "--min-size-ratio", "0", "--data", database, "--run", "flat");
        Assert.Equal(ExitCode.Done, clustered.ExitCode);

        foreach (var _ in (int[])[1, 2]) // a silo of its own each time
        {
            var outcome = await Outcome.OfAsync("stats", "flat", "--data", database, "--json", "--fail-on-alarm");
            Assert.Equal(ExitCode.AlarmStands, outcome.ExitCode);
            var alarm = Assert.Single(outcome.Json.GetProperty("alarms").EnumerateArray());
            Assert.Equal(("collapse", 0), (alarm.GetProperty("kind").GetString(), alarm.GetProperty("head").GetInt32()));
            Assert.Contains("clustering.minimum-size-ratio=0.85", alarm.GetProperty("remedy").GetString());
        }

        var said = await Outcome.OfAsync("stats", "flat", "--data", database);
        Assert.Equal(ExitCode.Done, said.ExitCode);
        Assert.Contains("alarm: Head 0: 10 clusters hold the images as ", said.Out);
    }

    Task<Outcome> ClusterAsync(string features, params string[] options) =>
        Outcome.OfAsync(["cluster", _folder.File(features), "--out", _folder.File("y.npy"), .. options]);

    static float[] Direction(int axis) => [.. Enumerable.Range(0, d).Select(i => i == axis ? 1f : 0f)];

    static float[] Rows(Func<int, float[]> row) => [.. Enumerable.Range(0, N).SelectMany(row)];
}
