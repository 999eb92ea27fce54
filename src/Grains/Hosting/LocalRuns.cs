using System.Collections.Concurrent;
using CoKe.Abstractions;
using CoKe.Grains.Clusters;

namespace CoKe.Grains.Hosting;

/// <summary>How many grains of each run live on this silo: when it stops, these runs have to move.</summary>
internal sealed class LocalRuns(ClusterDirectory directory)
{
    // Together the runs here may fill a quarter of the memory with messages that came before their turn.
    readonly long _reorderBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    readonly ConcurrentDictionary<string, int> _grains = new();
    int _count;

    /// <summary>The runs that have something here.</summary>
    public IReadOnlyCollection<string> Ids => [.. _grains.Where(run => run.Value > 0).Select(run => run.Key)];

    /// <summary>Bytes of the messages that one of them may keep to bring them into order, the more of them the fewer.</summary>
    public long ReorderBytes() => Math.Min(ISequencerGrain.ReorderBytes, _reorderBytes / Math.Max(1, Volatile.Read(ref _count)));

    public void Enter(string runId)
    {
        if (_grains.AddOrUpdate(runId, 1, static (_, count) => count + 1) == 1) Interlocked.Increment(ref _count);
    }

    /// <summary>With its last grain everything of a run goes: run ids are never used again.</summary>
    public void Leave(string runId)
    {
        if (_grains.AddOrUpdate(runId, 0, static (_, count) => count - 1) > 0) return;
        Interlocked.Decrement(ref _count);
        if (_grains.TryRemove(new KeyValuePair<string, int>(runId, 0))) directory.Forget(runId);
    }
}
