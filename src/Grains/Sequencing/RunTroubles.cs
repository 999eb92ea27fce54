using System.Collections.Concurrent;

namespace CoKe.Grains.Sequencing;

/// <summary>What hinders the runs of this silo for the moment: a silo with any is not ready, and says why.</summary>
public sealed class RunTroubles
{
    readonly ConcurrentDictionary<string, string> _byRun = new();

    /// <summary>One sentence per hindered run, by run id.</summary>
    public IReadOnlyDictionary<string, string> Current => _byRun;

    internal void Report(string runId, string? trouble)
    {
        if (trouble is null)
            _byRun.TryRemove(runId, out _);
        else
            _byRun[runId] = trouble;
    }
}
