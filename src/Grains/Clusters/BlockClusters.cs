using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Clusters;

/// <summary>
/// The clusters of a block as one restore brought them, each with the version that its block expects of it. Those on this silo get turns,
/// the others the same call as a message.
/// </summary>
sealed class BlockClusters
{
    readonly IClusterGrain[] _clusters;
    readonly string?[] _instances;
    readonly Cluster?[] _local;
    readonly long[] _versions;
    readonly TimeProvider _time;

    BlockClusters(
        HeadPlan plan,
        int first,
        IClusterGrain[] clusters,
        string?[] instances,
        Cluster?[] local,
        long[] versions,
        TimeProvider time
    )
    {
        (Plan, First, _time) = (plan, first, time);
        (_clusters, _instances, _local, _versions) = (clusters, instances, local, versions);
    }

    /// <summary>The head's constants.</summary>
    public HeadPlan Plan { get; }

    /// <summary>k of the first.</summary>
    public int First { get; }

    /// <summary>n.</summary>
    public int Count => _clusters.Length;

    /// <summary>Those that live on this silo.</summary>
    public IEnumerable<Cluster> Local => _local.OfType<Cluster>();

    /// <summary>Every one lives on this silo.</summary>
    public bool AreHome => !_local.Contains(null);

    /// <summary>Restores every cluster, on the silo of its block.</summary>
    public static async Task<BlockClusters> RestoreAsync(
        ActorWorld world,
        ClusterDirectory directory,
        string silo,
        string runId,
        HeadPlan plan,
        BlockRestore call,
        ClusterCopy[] copies
    )
    {
        var keys = Enumerable.Range(call.FirstCluster, call.ClusterCount).Select(k => Keys.Cluster(runId, plan.Head, k)).ToArray();
        var clusters = keys.Select(key => world.Grains.GetGrain<IClusterGrain>(key)).ToArray();
        var instances = await Task.WhenAll(
            clusters.Select(
                (cluster, i) =>
                    RestoreAtHome.CallAsync(silo, (home, stay) =>
                        cluster.RestoreAsync(
                            new ClusterRestore(call.Incarnation, call.Clustering, copies[i], home, stay, call.Committed.Epoch)
                        )
                    )
            )
        );

        // An instance on this silo that did not answer is one that the grain directory has forgotten: its successor is elsewhere.
        Cluster?[] local =
        [
            .. keys.Select((key, i) => directory.Find(key) is { } cluster && cluster.Instance == instances[i] ? cluster : null),
        ];
        return new(plan, call.FirstCluster, clusters, instances, local, [.. copies.Select(copy => copy.Version)], world.Time);
    }

    /// <summary>Hands its contribution to every touched cluster.</summary>
    /// <returns>m x d centers of the touched ones, and duals: m, or with a threshold one for every cluster.</returns>
    public async Task<(FloatValues Centers, DoubleValues Duals)> ApplyAsync(BlockContribution call)
    {
        var everyCluster = call.Threshold is not null;
        var theta = call.Threshold ?? 0;
        int m = call.Clusters.Length,
            d = Plan.Dimension;
        var replies = everyCluster ? Count : m;
        var centers = new float[m * d];
        var duals = new double[replies];

        // Without tau only touched clusters get a turn. With it (eqn 11) every dual moves: the untouched get one with no members.
        var slotOf = everyCluster ? SlotsByCluster(call.Clusters.Span) : null;
        var firstMember = Starts(call.Members.Span);
        int ClusterOf(int i) => slotOf is null ? call.Clusters.Span[i] - First : i;
        void Turn(Cluster cluster, int i)
        {
            var slot = slotOf is null ? i : slotOf[i];
            var fence = FenceOf(ClusterOf(i), call.Fence);
            if (slot < 0)
            {
                cluster.Contribute(fence, call.Epoch, call.RowClock, call.Rows, default, theta);
            }
            else
            {
                var (at, n) = (firstMember[slot], call.Members.Span[slot]);
                var members = new NewMembers(
                    n,
                    call.Sums.Span.Slice(slot * d, d),
                    call.ImageIds.Span.Slice(at, n),
                    call.Similarities.Span.Slice(at, n)
                );
                cluster.Contribute(fence, call.Epoch, call.RowClock, call.Rows, members, theta);
                cluster.State.Center.CopyTo(centers.AsSpan(slot * d, d));
            }

            duals[i] = cluster.State.Dual.Base;
        }

        async Task Message(IClusterGrain cluster, int i)
        {
            var slot = slotOf is null ? i : slotOf[i];
            var (at, n) = slot < 0 ? (0, 0) : (firstMember[slot], call.Members.Span[slot]);
            var reply = await cluster.ApplyAsync(
                new ClusterContribution(
                    FenceOf(ClusterOf(i), call.Fence),
                    call.Epoch,
                    call.RowClock,
                    call.Rows,
                    theta,
                    n,
                    slot < 0 ? Nothing : call.Sums.Slice(slot * d, d),
                    call.ImageIds.Slice(at, n),
                    call.Similarities.Slice(at, n)
                )
            );
            if (slot >= 0)
                reply.Center.Span.CopyTo(centers.AsSpan(slot * d, d));
            duals[i] = reply.Figures.Dual.Base;
        }

        await ForEach(replies, ClusterOf, Turn, Message);
        for (var i = 0; i < replies; i++)
            _versions[ClusterOf(i)] = call.Fence.Step;
        return (new FloatValues(centers), new DoubleValues(duals));
    }

    /// <summary>Ends the epoch in every cluster.</summary>
    public async Task<(FloatValues Centers, FloatValues Frozen, ClusterFigures[] Figures)> EndEpochAsync(BoundaryCall call)
    {
        BoundaryCall For(int k) => call with { Fence = FenceOf(k, call.Fence), Moves = call.Moves?.Slice(k, 1) };
        var d = Plan.Dimension;
        var (centers, frozen, figures) = (new float[Count * d], new float[Count * d], new ClusterFigures[Count]);
        await ForEach(
            Count,
            k => k,
            (cluster, k) =>
            {
                cluster.EndEpoch(For(k));
                cluster.State.Center.CopyTo(centers.AsSpan(k * d));
                cluster.State.Frozen.CopyTo(frozen.AsSpan(k * d));
                figures[k] = cluster.State.Figures;
            },
            async (cluster, k) =>
            {
                var reply = await cluster.EndEpochAsync(For(k));
                reply.Center.Span.CopyTo(centers.AsSpan(k * d));
                reply.Frozen.Span.CopyTo(frozen.AsSpan(k * d));
                figures[k] = reply.Figures;
            }
        );
        Array.Fill(_versions, call.Fence.Step);
        return (new FloatValues(centers), new FloatValues(frozen), figures);
    }

    /// <summary>Everything that the clusters hold.</summary>
    /// <exception cref="StaleCallException">One is at another version than its block expects.</exception>
    public async Task<ClusterCopy[]> CopyAsync(int incarnation)
    {
        var copies = new ClusterCopy[Count];
        await ForEach(
            Count,
            k => k,
            (cluster, k) => copies[k] = cluster.Copy(incarnation),
            async (cluster, k) => copies[k] = await cluster.CopyAsync(incarnation)
        );
        for (var k = 0; k < copies.Length; k++)
            CheckVersion(k, copies[k].Version);
        return copies;
    }

    /// <summary>The figures of every cluster.</summary>
    /// <param name="incarnation">The block's.</param>
    /// <param name="centers">Receives n x d current centers; null: nobody asks for them.</param>
    /// <exception cref="StaleCallException">One is at another version than its block expects.</exception>
    public async Task<ClusterFigures[]> ReadAsync(int incarnation, float[]? centers = null)
    {
        var d = Plan.Dimension;
        var figures = new ClusterFigures[Count];
        await ForEach(
            Count,
            k => k,
            (cluster, k) => Take(k, cluster.Version, cluster.State.Center, cluster.State.Figures),
            async (cluster, k) =>
            {
                var reply = await cluster.ReadAsync(incarnation);
                Take(k, reply.Version, reply.Center.Span, reply.Figures);
            }
        );
        return figures;

        void Take(int k, long version, ReadOnlySpan<float> center, ClusterFigures told)
        {
            CheckVersion(k, version);
            if (centers is not null)
                center.CopyTo(centers.AsSpan(k * d, d));
            figures[k] = told;
        }
    }

    /// <summary>Looks whether those that were restored are still there.</summary>
    /// <exception cref="StaleCallException">One was lost.</exception>
    public async Task VerifyAsync(int incarnation)
    {
        // By messages, as others reach them: an instance that the grain directory has forgotten still takes its block's turns, and another
        // of the same cluster, that a restore which was repeated has made, answers for it and takes none.
        var answers = await Task.WhenAll(_clusters.Select(cluster => cluster.VerifyAsync(incarnation)));
        for (var k = 0; k < answers.Length; k++)
            if (answers[k] != _instances[k])
                throw new StaleCallException(NameOf(k), "version", -1, -1);
    }

    static DoubleValues Nothing { get; } = new([]);

    CallFence FenceOf(int k, in CallFence call) => call with { ExpectedVersion = _versions[k] };

    string NameOf(int k) => $"cluster {First + k} of head {Plan.Head}";

    // A cluster that was lost and came back between two steps, or a forgotten instance of it, would give its past: to a snapshot or to the
    // scorer.
    void CheckVersion(int k, long version)
    {
        if (version != _versions[k])
            throw new StaleCallException(NameOf(k), "expected version", _versions[k], version);
    }

    /// <summary>Runs work for n clusters: turns for those on this silo, messages for the others; waits for all.</summary>
    async Task ForEach(int n, Func<int, int> clusterOf, Action<Cluster, int> turn, Func<IClusterGrain, int, Task> message)
    {
        var remote = 0;
        for (var i = 0; i < n; i++)
            if (_local[clusterOf(i)] is null)
                remote++;
        var turns = new ClusterTurns(n - remote, turn, _time);
        List<Task>? messages = remote > 0 ? new(remote) : null;
        for (var i = 0; i < n; i++)
        {
            if (_local[clusterOf(i)] is { } local)
                turns.Post(local, i);
            else
                messages!.Add(message(_clusters[clusterOf(i)], i));
        }

        await turns.WhenAll();
        if (messages is not null)
            await Task.WhenAll(messages);
    }

    /// <summary>Where the members of each cluster begin.</summary>
    static int[] Starts(ReadOnlySpan<int> members)
    {
        var starts = new int[members.Length];
        for (var i = 1; i < starts.Length; i++)
            starts[i] = starts[i - 1] + members[i - 1];
        return starts;
    }

    int[] SlotsByCluster(ReadOnlySpan<int> touched)
    {
        var slots = new int[Count];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < touched.Length; slot++)
            slots[touched[slot] - First] = slot;
        return slots;
    }
}
