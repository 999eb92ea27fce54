using System.Collections.Concurrent;
using System.Text.Json;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Web.Problems;

namespace CoKe.Web.Watching;

/// <summary>The news of all runs, and of each that somebody watches. It knows nothing when nobody does.</summary>
sealed class Newsroom(CokeClient client, TimeProvider time)
{
    /// <summary>The events of a stream.</summary>
    public const string OfRuns = "runs",
        OfRun = "run",
        OfTrouble = "trouble",
        OfEnd = "gone";

    const int MostIdle = 256;

    readonly ConcurrentDictionary<string, News> _ofRun = new();

    /// <summary>Every run in short.</summary>
    public News Runs => field ??= new News(end => TellAsync(() => LookAtRunsAsync(end)), time);

    /// <summary>One run.</summary>
    public News Of(string runId)
    {
        if (_ofRun.Count >= MostIdle)
        {
            foreach (var (id, idle) in _ofRun)
                if (idle.IsIdle)
                    _ofRun.TryRemove(id, out _); // who joins it just now keeps it for himself
        }

        return _ofRun.GetOrAdd(runId, id => new News(end => TellAsync(() => LookAtRunAsync(id, end)), time));
    }

    async Task<NewsItem> LookAtRunsAsync(CancellationToken end)
    {
        var all = await client.ListRunsAsync(end);
        return Item(
            OfRuns,
            new RunsNews(
                [.. all.Select(one => one.Status).OfType<RunStatus>().Select(RunLine.Of)],
                all.Where(one => one.Trouble is not null).ToDictionary(one => one.Name, one => one.Trouble!)
            )
        );
    }

    async Task<NewsItem> LookAtRunAsync(string runId, CancellationToken end)
    {
        try
        {
            return Item(OfRun, RunNews.Of(await client.GetStatusAsync(runId, end)));
        }
        catch (UnknownRunException)
        {
            return Item(OfEnd, new RunGoneException(runId).Message, isLast: true);
        }
    }

    // Silos die and come back: whoever watches is told, and goes on watching.
    static async Task<NewsItem> TellAsync(Func<Task<NewsItem>> look)
    {
        try
        {
            return await look();
        }
        catch (Exception e) when (e is CokeException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            return Item(OfTrouble, e.Message);
        }
    }

    static NewsItem Item<T>(string kind, T words, bool isLast = false) =>
        new(kind, JsonSerializer.SerializeToUtf8Bytes(words, DoorJson.Options), isLast);
}
