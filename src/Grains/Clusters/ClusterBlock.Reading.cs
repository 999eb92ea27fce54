using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Clusters;

/// <summary>What is asked of a block and changes nothing.</summary>
sealed partial class ClusterBlock
{
    public async Task<BlockState> ReadAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var (n, d) = (_clusters.Length, _dimension);
        var (centers, figures) = (new float[n * d], new ClusterFigures[n]);
        await ForEach(
            n,
            k => k,
            (cluster, k) =>
            {
                CheckVersion(k, cluster.Version);
                cluster.State.Center.CopyTo(centers.AsSpan(k * d, d));
                figures[k] = cluster.State.Figures;
            },
            async (cluster, k) =>
            {
                var reply = await cluster.ReadAsync(incarnation);
                CheckVersion(k, reply.Version);
                reply.Center.Span.CopyTo(centers.AsSpan(k * d, d));
                figures[k] = reply.Figures;
            }
        );
        _fence.CheckIncarnation(incarnation);
        return new BlockState(_fence.Version, new FloatValues(centers), figures);
    }

    /// <inheritdoc cref="IClusterBlockGrain.VerifyAsync"/>
    public async Task VerifyAsync(int incarnation, int committed)
    {
        _fence.CheckIncarnation(incarnation);
        _committedEpoch.CheckKnown(committed);
        var instances = _instances;
        // By messages, as others reach them: an instance that the grain directory has forgotten still takes its block's turns, and another
        // of the same cluster, that a restore which was repeated has made, answers for it and takes none.
        var answers = await Task.WhenAll(_clusters.Select(cluster => cluster.VerifyAsync(incarnation)));
        for (var k = 0; k < answers.Length; k++)
            if (answers[k] != instances[k])
                throw new StaleCallException($"cluster {_first + k} of head {_head}", "version", -1, -1);
    }

    public Task<FloatValues> GetCentersAsync(EpochName epoch)
    {
        _committedEpoch.Check(epoch);
        return Task.FromResult(_frozen!);
    }

    public async Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name)
    {
        _fence.CheckIncarnation(name.Incarnation);
        if (_fence.Version > name.Step)
            throw new StaleCallException(_name, "step", name.Step, _fence.Version); // a step changes only the blocks of its labels
        if (_committedEpoch.Epoch != name.Epoch - 1)
            throw new EpochNotReadableException(_name, name.Epoch, _committedEpoch.Epoch);
        return (await ReadAsync(name.Incarnation)).Centers;
    }

    /// <summary>What the clusters told is told again until the next step; while steps go on, all who ask at a time share one look at the
    /// clusters.</summary>
    public async Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(long rowClock, int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var state =
            _told is { } told && (told.Incarnation, told.State.Version) == (_fence.Incarnation, _fence.Version)
                ? told.State
                : await _look.Look();
        var plan = _plan!;
        return
        [
            .. state.Figures.Select(
                (figures, i) =>
                    new ClusterSummary(
                        _first + i,
                        figures.Count,
                        figures.LastCount,
                        plan.RequiredSize(_first + i),
                        figures.Dual.At(Math.Max(rowClock, figures.Dual.Since), plan.PushPerRow(_first + i))
                    )
            ),
        ];
    }

    async Task<BlockState> LookAtClustersAsync()
    {
        var (incarnation, version) = (_fence.Incarnation, _fence.Version);
        var state = await ReadAsync(incarnation);
        // What came in between two steps is of none of them.
        if ((incarnation, version) == (_fence.Incarnation, _fence.Version))
            _told = (incarnation, state);
        return state;
    }
}
