using System.Collections.Concurrent;

namespace CoKe.Grains.Placement;

/// <summary>How many grains of each run live on this silo: when it stops, these runs have to move.</summary>
/// <param name="forget">Forgets what the grains of a run share here.</param>
sealed class LocalRuns(Action<string> forget)
{
    readonly ConcurrentDictionary<string, int> _grains = new();
    readonly ConcurrentDictionary<string, int> _kinds = new();

    /// <summary>The runs that have something here.</summary>
    public IReadOnlyCollection<string> Ids => [.. _grains.Where(run => run.Value > 0).Select(run => run.Key)];

    /// <summary>Grains of a kind that are here, of all runs.</summary>
    /// <param name="kind">The name of their type.</param>
    public int Count(string kind) => _kinds.GetValueOrDefault(kind);

    /// <summary>A grain of a kind comes, or goes.</summary>
    public void Count(string kind, int more) => _kinds.AddOrUpdate(kind, more, (_, count) => count + more);

    public void Enter(string runId) => _grains.AddOrUpdate(runId, 1, static (_, count) => count + 1);

    /// <summary>With its last grain everything of a run goes: run ids are never used again.</summary>
    public void Leave(string runId)
    {
        if (_grains.AddOrUpdate(runId, 0, static (_, count) => count - 1) > 0)
            return;
        if (_grains.TryRemove(new KeyValuePair<string, int>(runId, 0)))
            forget(runId);
    }
}
