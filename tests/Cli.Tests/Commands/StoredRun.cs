using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Tests.Features;

namespace CoKe.Cli.Tests.Commands;

/// <summary>A run in a database file that <c>coke cluster</c> has finished and nobody holds: 400 images of 12 values, heads of 8 and 5
/// clusters, 4 passes; labels as the run keeps them.</summary>
public sealed class StoredRun : IAsyncLifetime
{
    public const string Run = "blobs";

    readonly TemporaryFolder _folder = new();

    internal FeatureMatrix Features { get; private set; } = null!;

    public string Database => _folder.File("runs.db");

    public async Task InitializeAsync()
    {
        Features = Blobs.Save(File("blobs.npy"), 400, 12, 6);
        var outcome = await AskAsync(
            "cluster",
            File("blobs.npy"),
            "--heads",
            "8,5",
            "--batch",
            "64",
            "--epochs",
            "4",
            "--online",
            "--out",
            File("labels.npy"),
            "--centers",
            File("centers.npy"),
            "--json"
        );
        Assert.Equal((ExitCode.Done, Run), (outcome.ExitCode, outcome.Json.GetProperty("run").GetString()));
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    internal string File(string name) => _folder.File(name);

    /// <summary>Runs a command in a silo of its own on the database.</summary>
    internal Task<Outcome> AskAsync(params string[] args) => Outcome.OfAsync([.. args, "--embedded", "--data", Database]);
}
