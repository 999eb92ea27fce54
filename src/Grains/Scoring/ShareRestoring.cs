using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Scoring;

/// <summary>Restores the blocks of one head at one place, and makes from what they answer what is scored with.</summary>
sealed class ShareRestoring(ActorWorld world, string runId, HeadPlan plan, ScorerRestore call, ShareRestore share)
{
    readonly IClusterBlockGrain[] _blocks =
    [
        .. share.Blocks.Select(b => world.Grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, share.Head, b))),
    ];

    BlockState[] _states = [];

    /// <summary>Every block lives where it should.</summary>
    public bool IsHome { get; private set; }

    ShareRange Range => new(plan.ClusterCount, call.Layout.ClustersPerBlock, share.Blocks);

    /// <summary>Restores and reads every block.</summary>
    /// <exception cref="StaleCallException">A block is of a later incarnation, or has moved on in this one.</exception>
    public async Task RunAsync()
    {
        var d = plan.Dimension;
        var range = Range;
        var initial = InitialCenters(range);
        var restored = await Task.WhenAll(
            _blocks.Select(
                (block, i) =>
                    RestoreAtHome.CallAsync(call.Home, (home, stay) =>
                        block.RestoreAsync(
                            new BlockRestore(
                                call.Incarnation,
                                share.Named[i],
                                call.Clustering,
                                initial.Slice(range.Start(i) * d, range.Count(i) * d),
                                range.Count(i),
                                range.FirstCluster(i),
                                call.Committed,
                                home,
                                stay
                            )
                        )
                    )
            )
        );
        _states = await Task.WhenAll(_blocks.Select(block => block.ReadAsync(call.Incarnation)));
        for (var i = 0; i < _blocks.Length; i++)
        {
            // A block that confirms a restore of long ago has moved on: to load it would mix two states of the run.
            if (_states[i].Version != share.Named[i].Version)
                throw new StaleCallException(
                    $"block {share.Blocks[i]} of head {share.Head}",
                    "version",
                    share.Named[i].Version,
                    _states[i].Version
                );
        }

        IsHome = restored.All(block => block == Restored.Home);
    }

    /// <summary>What is scored with from now on.</summary>
    public HeadShare Share(string scorer) =>
        new($"head {share.Head} at {scorer}", plan, Range, _blocks, _states, call.Incarnation, call.Version);

    /// <summary>The duals of these clusters when the open epoch began.</summary>
    public DoubleValues StartDuals()
    {
        var range = Range;
        var clock = call.RowClock - call.RowsInEpoch;
        var duals = _states.SelectMany(state => state.Figures).Select((figures, i) => figures.EpochStartDual.At(clock, Push(range, i)));
        return new DoubleValues([.. duals]);
    }

    double Push(ShareRange range, int i) => plan.PushPerRow(range.Clusters[i]);

    FloatValues InitialCenters(ShareRange range)
    {
        if (share.InitialCenters is { } given)
            return given;
        var d = plan.Dimension;
        var mine = new float[range.Clusters.Length * d];
        if (call.Committed.Epoch >= 0)
            return new FloatValues(mine); // a boundary is stored: everything is loaded from it
        var all = plan.InitialCenters();
        for (var i = 0; i < range.Clusters.Length; i++)
            all.AsSpan(range.Clusters[i] * d, d).CopyTo(mine.AsSpan(i * d));
        return new FloatValues(mine);
    }
}
