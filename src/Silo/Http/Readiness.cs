using CoKe.Abstractions.Storage;
using CoKe.Grains.Sequencing;

namespace CoKe.Silo.Http;

/// <summary>Whether the silo is ready: it has started and does not stop, its storage works, and nothing hinders its runs.</summary>
sealed class Readiness(StorageHealth storage, RunTroubles runs, IHostApplicationLifetime life)
{
    public const string Path = "/health";

    /// <summary>What hinders the silo, as one sentence; null when it is ready.</summary>
    public string? Trouble()
    {
        if (life.ApplicationStopping.IsCancellationRequested)
            return "The silo is stopping.";
        if (!life.ApplicationStarted.IsCancellationRequested)
            return "The silo is starting.";
        // A run that storage hinders repeats what the storage says; said once it is enough.
        if (storage.Current is { } trouble)
            return trouble;
        var hindered = runs.Current.OrderBy(run => run.Key, StringComparer.Ordinal).ToArray();
        return hindered switch
        {
            [] => null,
            [var run] => $"Run {run.Key} is hindered: {run.Value}",
            [var run, ..] => $"{hindered.Length} runs are hindered, the first is {run.Key}: {run.Value}",
        };
    }

    /// <summary>For load balancers and supervisors: 200, or 503 and the sentence.</summary>
    public static IResult Ready(Readiness readiness) =>
        readiness.Trouble() is { } trouble
            ? Results.Text(trouble, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready");

    /// <summary>For whoever restarts what hangs: 200 as long as the process answers.</summary>
    public static IResult Live() => Results.Text("alive");
}
