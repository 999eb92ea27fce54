using System.Collections.Concurrent;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Clusters;

/// <summary>
/// The clusters that live on this silo, so that a block can post a turn to its clusters without a message, and the constants of each head,
/// so that its thousands of clusters share one copy.
/// </summary>
sealed class ClusterDirectory
{
    readonly ConcurrentDictionary<string, Cluster> _local = new();
    readonly ConcurrentDictionary<(string RunId, int Head), HeadPlan> _plans = new();

    /// <summary>Clusters that live here, of all runs.</summary>
    public int Count => _local.Count;

    public Cluster? Find(string key) => _local.GetValueOrDefault(key);

    public void Add(Cluster cluster) => _local[cluster.Key] = cluster;

    /// <summary>Removes this very instance; a later one of the same cluster stays.</summary>
    public void Remove(Cluster cluster) => _local.TryRemove(new(cluster.Key, cluster));

    /// <summary>Nothing of the run lives here any more.</summary>
    public void Forget(string runId)
    {
        foreach (var key in _plans.Keys)
            if (key.RunId == runId)
                _plans.TryRemove(key, out _);
    }

    /// <summary>The constants of a head; run ids are never used again, so they cannot change.</summary>
    public HeadPlan Plan(string runId, int head, ClusteringOptions options) =>
        _plans.GetOrAdd((runId, head), key => new HeadPlan(options, key.Head));
}
