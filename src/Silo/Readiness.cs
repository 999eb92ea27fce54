using CoKe.Abstractions.Storage;
using CoKe.Grains;

namespace CoKe.Silo;

/// <summary>Whether the silo is ready: its storage works, and nothing hinders its runs.</summary>
internal static class Readiness
{
    /// <summary>What hinders the silo, as one sentence; null when it is ready.</summary>
    public static string? Trouble(StorageHealth storage, RunTroubles runs)
    {
        // A run that storage hinders repeats what the storage says; said once it is enough.
        if (storage.Current is { } trouble) return trouble;
        var hindered = runs.Current.OrderBy(run => run.Key, StringComparer.Ordinal).ToArray();
        return hindered switch
        {
            [] => null,
            [var run] => $"Run {run.Key} is hindered: {run.Value}",
            [var run, ..] => $"{hindered.Length} runs are hindered, the first is {run.Key}: {run.Value}",
        };
    }

    public static IResult Answer(StorageHealth storage, RunTroubles runs) =>
        Trouble(storage, runs) is { } trouble ? Results.Text(trouble, statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready");
}
