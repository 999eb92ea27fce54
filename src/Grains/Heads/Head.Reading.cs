using CoKe.Abstractions;

namespace CoKe.Grains.Heads;

/// <summary>What is asked of a head and changes nothing.</summary>
sealed partial class Head
{
    public Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name, int first, int count)
    {
        _fence.Check(new CallFence(name.Incarnation, name.Step, name.Step)); // every step changes every head
        CheckRange(first, count);
        var d = _plan!.Dimension;
        // One copy for all who ask: answers wait until they are read.
        if (_shown is not { } shown || shown.Name != name)
        {
            var centers = new float[_plan.ClusterCount * d];
            for (var k = 0; k < _plan.ClusterCount; k++)
                _matrix!.GetCenter(k, centers.AsSpan(k * d, d));
            _shown = shown = (name, new FloatValues(centers));
        }

        return Task.FromResult(shown.Centers.Slice(first * d, count * d));
    }

    /// <inheritdoc cref="IHeadGrain.VerifyAsync"/>
    public Task VerifyAsync(int incarnation, int committed)
    {
        _fence.CheckIncarnation(incarnation);
        _committedEpoch.CheckKnown(committed);
        return Task.WhenAll(_blocks.Select(block => block.VerifyAsync(incarnation)));
    }

    public Task<FloatValues> GetCentersAsync(EpochName epoch, int first, int count)
    {
        _committedEpoch.Check(epoch);
        CheckRange(first, count);
        return Task.FromResult(_frozen!.Slice(first * _plan!.Dimension, count * _plan.Dimension));
    }

    /// <summary>What the clusters told is told again until the next step; while steps go on, all who ask at a time share one look at the
    /// clusters.</summary>
    public Task<IReadOnlyList<ClusterSummary>> GetClustersAsync() =>
        _told is { } told && (told.Incarnation, told.Version) == (_fence.Incarnation, _fence.Version)
            ? Task.FromResult(told.Clusters)
            : _look.Look();

    async Task<IReadOnlyList<ClusterSummary>> LookAtClustersAsync()
    {
        var plan = _plan is { } known && _matrix is not null ? known : throw new StaleCallException(_name, "version", -1, -1);
        var (incarnation, version) = (_fence.Incarnation, _fence.Version);
        var states = await Task.WhenAll(_blocks.Select(block => block.ReadAsync(incarnation)));
        IReadOnlyList<ClusterSummary> clusters =
        [
            .. states.SelectMany(
                (state, b) =>
                    Enumerable
                        .Range(0, RangeOf(b).Count)
                        .Select(i =>
                        {
                            var k = RangeOf(b).First + i;
                            return new ClusterSummary(
                                k,
                                (long)state.Counts.Span[i],
                                (long)state.LastCounts.Span[i],
                                plan.RequiredSize(k),
                                _duals[k].At(Math.Max(_rowClock, _duals[k].Since), plan.PushPerRow(k))
                            );
                        })
            ),
        ];
        // What came in between two steps is of none of them.
        if ((incarnation, version) == (_fence.Incarnation, _fence.Version))
            _told = (incarnation, version, clusters);
        return clusters;
    }

    void CheckRange(int first, int count)
    {
        var K = _plan!.ClusterCount;
        if (first < 0 || first >= K)
            throw new UnknownPartException("cluster", first, K);
        if (count < 0 || count > K - first)
            throw new UnknownPartException("cluster", (int)Math.Min((long)first + count - 1, int.MaxValue), K);
    }
}
