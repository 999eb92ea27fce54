using System.Text.RegularExpressions;

namespace CoKe.Docker.Tests;

/// <summary>local-cluster.sh with real processes: PostgreSQL and silos that come, go and die.</summary>
public sealed class LocalClusterTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("coke-cluster-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (File.Exists(State))
            await RunAsync("stop");
        Directory.Delete(_folder, recursive: true);
    }

    string State => Path.Combine(_folder, "cluster.tsv");

    [Fact]
    public async Task Cluster_StartsKillsRestartsJoinsAndStops()
    {
        var started = await RunAsync("start", "--free-ports", "--no-build");
        Assert.Equal(["postgres runs", "silo-1 ready", "silo-2 ready"], Processes(started));
        Assert.Contains("No runs yet", await RunAsync("coke", "runs"));
        Assert.Equal((0, "ready\n", ""), await HealthAsync("1")); // as a container's health check asks

        await RunAsync("kill", "1");
        var (exit, _, error) = await HealthAsync("1");
        Assert.Equal((1, $"No silo answers at http://127.0.0.1:{Row("1")[5]}/health"), (exit, error.Split(": ")[0]));
        Assert.Equal(["postgres runs", "silo-1 dead", "silo-2 ready"], Processes(await RunAsync("status")));
        Assert.Contains("No runs yet", await RunAsync("coke", "runs")); // by the gateway that is left
        Assert.Contains("Silo 3 is ready", await RunAsync("join"));
        var ports = Row("1")[3..];
        await RunAsync("restart", "1");
        Assert.Equal(ports, Row("1")[3..]);
        await RunAsync("term", "2");
        Assert.Equal(["postgres runs", "silo-1 ready", "silo-2 dead", "silo-3 ready"], Processes(await RunAsync("status")).Order());

        var lives = File.ReadLines(State).Select(line => line.Split('\t')).Where(row => row[0] != "2").Select(row => row[1]).ToArray();
        Assert.All(lives, process => Assert.True(IsAlive(process)));
        await RunAsync("stop");
        Assert.False(File.Exists(State));
        Assert.All(lives, process => Assert.False(IsAlive(process)));
        Assert.True(Directory.Exists(Path.Combine(_folder, "postgres", "data"))); // a folder that was named is kept
    }

    [Theory]
    [InlineData("No cluster in FOLDER: start one with 'docker/local-cluster.sh start', or name its folder with --folder.", "status")]
    [InlineData("--silos 0 is out of range: give 1 to 99.", "start", "--silos", "0")]
    [InlineData("--silos has no value: see --help.", "start", "--silos")]
    [InlineData("--storage sqlite serves one silo alone: give --silos 1, or --storage postgres.", "start", "--storage", "sqlite")]
    [InlineData("'--silo' is no option of start: see --help.", "start", "--silo", "3")]
    [InlineData("'begin' is no verb: see docker/local-cluster.sh --help.", "begin")]
    public async Task Mistake_IsRefusedInOneLine(string words, params string[] arguments)
    {
        var (exit, _, error) = await Programs.RunAsync(
            Repository.At("docker/local-cluster.sh"),
            [arguments[0], "--folder", _folder, .. arguments[1..]]
        );

        Assert.Equal((1, words.Replace("FOLDER", _folder) + "\n"), (exit, error));
    }

    async Task<string> RunAsync(string verb, params string[] arguments)
    {
        var (exit, output, error) = await Programs.RunAsync(
            Repository.At("docker/local-cluster.sh"),
            [verb, "--folder", _folder, .. arguments]
        );
        Assert.True(exit == 0, $"{verb} {string.Join(' ', arguments)}: {output}{error}");
        return output;
    }

    Task<(int Exit, string Out, string Error)> HealthAsync(string silo) =>
        Programs.RunAsync("dotnet", ["exec", Programs.Silo, "health", "--http-port", Row(silo)[5]]);

    string[] Row(string name) => File.ReadLines(State).Select(line => line.Split('\t')).Single(row => row[0] == name);

    // What is dead keeps its number until somebody has waited for it.
    static bool IsAlive(string process) =>
        File.Exists($"/proc/{process}/status") && !File.ReadAllText($"/proc/{process}/status").Contains("State:\tZ");

    /// <summary>The name and the last word of each process.</summary>
    static string[] Processes(string status) =>
        [
            .. Regex
                .Matches(status, @"^(postgres|silo-\d+|trainer) .* (\w+)$", RegexOptions.Multiline)
                .Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}"),
        ];
}
