using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Scoring;

/// <summary>Restores the blocks of one head at one place, and makes from what they answer what is scored with.</summary>
sealed class ShareRestoring(ActorWorld world, string runId, HeadPlan plan, ScorerRestore call, ShareRestore share)
{
    // A block makes an activation of each of its clusters. Tens of thousands of these at once would leave a silo no time to answer the
    // probes of the others, which would then hold it for dead.
    const int BlocksAtOnce = 8;

    readonly IClusterBlockGrain[] _blocks =
    [
        .. share.Blocks.Select(b => world.Grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, share.Head, b))),
    ];

    readonly ShareRange _range = new(plan.ClusterCount, call.Layout.ClustersPerBlock, share.Blocks);
    BlockState[] _states = [];

    /// <summary>Every block lives where it should.</summary>
    public bool IsHome { get; private set; }

    /// <summary>Restores and reads every block.</summary>
    /// <exception cref="StaleCallException">A block is of a later incarnation, or has moved on in this one.</exception>
    public async Task RunAsync()
    {
        var d = plan.Dimension;
        var initial = InitialCenters();
        var restored = await AtOnce.RunAsync(BlocksAtOnce, _blocks.Length, i =>
            RestoreAtHome.CallAsync(call.Home, (home, stay) =>
                _blocks[i]
                    .RestoreAsync(
                        new BlockRestore(
                            call.Incarnation,
                            share.Named[i],
                            call.Clustering,
                            initial.Slice(_range.Start(i) * d, _range.Count(i) * d),
                            _range.Count(i),
                            _range.FirstCluster(i),
                            call.Committed,
                            home,
                            stay
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

        IsHome = restored.All(block => block!.IsHome);
    }

    /// <summary>What is scored with from now on.</summary>
    public HeadShare Share(string scorer) =>
        new($"head {share.Head} at {scorer}", plan, _range, _blocks, _states, call.Incarnation, call.Version);

    /// <summary>The duals of these clusters when the open epoch began.</summary>
    public DoubleValues StartDuals()
    {
        var clock = call.RowClock - call.RowsInEpoch;
        var duals = _states
            .SelectMany(state => state.Figures)
            .Select((figures, i) => figures.EpochStartDual.At(clock, plan.PushPerRow(_range.Clusters[i])));
        return new DoubleValues([.. duals]);
    }

    FloatValues InitialCenters() =>
        share.InitialCenters is { } given ? given
        : call.Committed.Epoch >= 0 ? new FloatValues(new float[_range.Clusters.Length * plan.Dimension]) // all is loaded from a boundary
        : new FloatValues(plan.InitialCenters(_range.Clusters));
}
