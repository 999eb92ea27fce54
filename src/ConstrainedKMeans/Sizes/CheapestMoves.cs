using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Per cluster a: the other clusters b that its contenders could go to, and what the cheapest of those moves costs without prices, the
/// least x . c_a - x . c_b. Found anew from the cluster's contenders when they have changed.
/// </summary>
sealed class CheapestMoves(Contenders contenders, int clusterCount)
{
    readonly int[]?[] _targets = new int[]?[clusterCount];
    readonly long[][] _costs = new long[clusterCount][];
    readonly long[] _least = [.. Enumerable.Repeat(long.MaxValue, clusterCount)];
    readonly List<int> _seen = [];

    /// <summary>Where contenders of a cluster can go, and at what cost, fixed-point.</summary>
    public (int[] To, long[] Costs) From(int cluster)
    {
        if (_targets[cluster] is null)
            Find(cluster);
        return (_targets[cluster]!, _costs[cluster]);
    }

    /// <summary>The cluster's contenders have changed.</summary>
    public void Forget(int cluster) => _targets[cluster] = null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Find(int cluster)
    {
        for (var r = contenders.First(cluster); r >= 0; r = contenders.Next(r))
        {
            var clusters = contenders.Clusters(r);
            var similarities = contenders.Similarities(r);
            var own = FixedPoint.Of(similarities[clusters.IndexOf(cluster)]);
            for (var e = 0; e < clusters.Length; e++)
            {
                var b = clusters[e];
                if (b == cluster)
                    continue;
                if (_least[b] == long.MaxValue)
                    _seen.Add(b);
                _least[b] = Math.Min(_least[b], own - FixedPoint.Of(similarities[e]));
            }
        }

        (_targets[cluster], _costs[cluster]) = ([.. _seen], [.. _seen.Select(b => _least[b])]);
        foreach (var b in _seen)
            _least[b] = long.MaxValue;
        _seen.Clear();
    }
}
