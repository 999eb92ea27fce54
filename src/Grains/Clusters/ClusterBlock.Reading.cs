using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Clusters;

/// <summary>What is asked of a block and changes nothing.</summary>
sealed partial class ClusterBlock
{
    public async Task<BlockState> ReadAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        int n = _clusters.Length,
            d = _dimension;
        float[] centers = new float[n * d],
            frozen = new float[n * d];
        double[] bases = new double[n],
            since = new double[n],
            counts = new double[n],
            last = new double[n],
            startBases = new double[n],
            startSince = new double[n];
        void Fill(int k, ReadOnlySpan<float> center, ReadOnlySpan<float> frozenCenter, Dual dual, Dual start, long count, long lastCount)
        {
            center.CopyTo(centers.AsSpan(k * d, d));
            frozenCenter.CopyTo(frozen.AsSpan(k * d, d));
            (bases[k], since[k], counts[k], last[k]) = (dual.Base, dual.Since, count, lastCount);
            (startBases[k], startSince[k]) = (start.Base, start.Since);
        }

        await ForEach(
            n,
            k => k,
            (cluster, k) =>
            {
                CheckVersion(k, cluster.Version);
                Fill(
                    k,
                    cluster.State.Center,
                    cluster.State.Frozen,
                    cluster.State.Dual,
                    cluster.State.EpochStartDual,
                    cluster.State.Count,
                    cluster.State.LastCount
                );
            },
            async (cluster, k) =>
            {
                var reply = await cluster.ReadAsync(incarnation);
                CheckVersion(k, reply.Version);
                Fill(
                    k,
                    reply.Center.Span,
                    reply.Frozen.Span,
                    new Dual(reply.DualBase, reply.DualSince),
                    new Dual(reply.StartDualBase, reply.StartDualSince),
                    reply.Count,
                    reply.LastCount
                );
            }
        );
        _fence.CheckIncarnation(incarnation);
        return new BlockState(
            _fence.Version,
            new FloatValues(centers),
            new FloatValues(frozen),
            new DoubleValues(bases),
            new DoubleValues(since),
            new DoubleValues(counts),
            new DoubleValues(last),
            new DoubleValues(startBases),
            new DoubleValues(startSince)
        );
    }

    /// <inheritdoc cref="IClusterBlockGrain.VerifyAsync"/>
    public async Task VerifyAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var instances = _instances;
        // By messages, as others reach them: an instance that the grain directory has forgotten still takes its block's turns, and another
        // of the same cluster, that a restore which was repeated has made, answers for it and takes none.
        var answers = await Task.WhenAll(_clusters.Select(cluster => cluster.VerifyAsync(incarnation)));
        for (var k = 0; k < answers.Length; k++)
            if (answers[k] != instances[k])
                throw new StaleCallException($"cluster {_first + k} of head {_head}", "version", -1, -1);
    }
}
