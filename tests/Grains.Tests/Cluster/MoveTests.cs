using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>
/// Silos come, go and die while a trainer pushes. It never hears of it: whatever moves, the run comes to what Algorithm 1 gives in one
/// process. Sessions here do not resend for lack of progress, so that nothing is mended which a move should not have lost.
/// </summary>
public sealed class MoveTests
{
    const int N = 600,
        D = 16,
        B = 20;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly Lazy<float[]> Images = new(() => RealImages.Embeddings(N, D, seed: 6));

    [Fact]
    public async Task Silo_JoinsUnderLoad_TakesItsShareOfEveryHead()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var feed = await Feed.StartAsync(cluster);
        await feed.UntilStepAsync(5);
        await cluster.StartSiloAsync();
        await feed.UntilSpreadAsync(cluster, silos: 2);
        await feed.FinishAsync();
        Assert.Equal(0, (await cluster.Coke.GetStatusAsync("run")).Attempt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Silo_StopsInOrderUnderLoad_HandsOverWithoutAFault(int which)
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var feed = await Feed.StartAsync(cluster);
        await feed.UntilStepAsync(5);
        var before = await cluster.Coke.GetStatusAsync("run");
        await cluster.StopAsync(cluster.Silos[which]);
        await feed.UntilSpreadAsync(cluster, silos: 1);
        var after = await cluster.Coke.GetStatusAsync("run");
        Assert.True(after.Incarnation > before.Incarnation);
        Assert.True(after.DurableStep >= before.Step, $"It was at step {before.Step}, and {after.DurableStep} is stored.");
        await feed.FinishAsync();
    }

    [Fact]
    public async Task Silo_IsKilledAndComesBackUnderLoad_TheRunIsSpreadAgain()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var feed = await Feed.StartAsync(cluster, resendAfter: TimeSpan.FromSeconds(1)); // what its queues held is lost
        await feed.UntilStepAsync(5);
        await cluster.KillAsync(cluster.Silos[1]);
        await feed.UntilSpreadAsync(cluster, silos: 1);
        await cluster.StartSiloAsync();
        await feed.UntilSpreadAsync(cluster, silos: 2);
        await feed.FinishAsync();
    }

    /// <summary>A trainer that goes on pushing epoch after epoch, beside the oracle, until it is told that enough has happened.</summary>
    sealed class Feed : IAsyncDisposable
    {
        readonly CokeClient _coke;
        readonly TrainerSession _session;
        readonly OnlineConstrainedKMeans _oracle;
        readonly Task _pushing;
        volatile bool _enough;
        string _homes = "";

        Feed(CokeClient coke, TrainerSession session)
        {
            (_coke, _session, _oracle) = (coke, session, new OnlineConstrainedKMeans(Specification.Clustering));
            _pushing = Task.Run(PushAsync);
        }

        static RunSpecification Specification { get; } =
            new(
                "run",
                new ClusteringOptions
                {
                    ImageCount = N,
                    Dimension = D,
                    BatchSize = B,
                    Seed = 8,
                    Heads =
                    [
                        new HeadOptions { ClusterCount = 30, MinimumSizeRatio = 0.8 },
                        new HeadOptions { ClusterCount = 17, DualNormLimit = 0.5 },
                    ],
                }
            );

        public static async Task<Feed> StartAsync(TestCluster cluster, TimeSpan? resendAfter = null)
        {
            await cluster.Coke.CreateRunAsync(Specification);
            return new Feed(
                cluster.Coke,
                await cluster.Coke.OpenSessionAsync("run", 0, new SessionOptions { ResendAfter = resendAfter ?? Patience })
            );
        }

        public async Task UntilStepAsync(long step)
        {
            for (var status = await _coke.GetStatusAsync("run"); status.Step < step;)
                status = await _coke.WaitForChangeAsync(status);
        }

        /// <summary>Waits until every head's blocks are spread evenly over so many silos, each cluster beside its block's others.</summary>
        public async Task UntilSpreadAsync(TestCluster cluster, int silos)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (!await IsSpreadAsync(silos))
            {
                if (_pushing.IsFaulted)
                    await _pushing;
                var status = await _coke.GetStatusAsync("run");
                Assert.False(
                    patience.IsCancellationRequested,
                    $"At step {status.Step} of incarnation {status.Incarnation}, {status.State} ({status.Hindrance}), "
                        + $"the clusters live thus: {_homes}"
                );
                await _coke.WaitForChangeAsync(status).WaitAsync(patience.Token);
            }
        }

        /// <summary>The last epoch is pushed to its end, and everything equals the oracle.</summary>
        public async Task FinishAsync()
        {
            _enough = true;
            await _pushing.WaitAsync(Patience);
            var labels = await _session.GetLabelsAsync(Enumerable.Range(0, N).ToArray());
            for (var h = 0; h < _oracle.Heads.Count; h++)
            {
                Assert.Equal(_oracle.Heads[h].Labels.ToArray(), labels.Labels[h]);
                for (var k = 0; k < _oracle.Heads[h].Plan.ClusterCount; k++)
                {
                    var cluster = await _coke.GetClusterAsync("run", h, k);
                    Assert.Equal(_oracle.Heads[h].Center(k).ToArray(), cluster.Center.Span.ToArray());
                    Assert.Equal(_oracle.Heads[h].Dual(k), cluster.Dual);
                    Assert.Equal(_oracle.Heads[h].Cluster(k).LastCount, cluster.LastCount);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _session.DisposeAsync();
            _oracle.Dispose();
        }

        async Task PushAsync()
        {
            for (var epoch = 0; !_enough; epoch++)
            {
                foreach (var ids in new SeededRandom(9, epoch).Permutation(N).Chunk(B))
                {
                    _oracle.Step(Rows(ids), ids);
                    await _session.PushAsync(ids, Rows(ids));
                }

                _oracle.EndEpoch();
                var report = await _session.EndEpochAsync();
                Assert.Equal((epoch, N), (report.Epoch, report.Rows));
            }
        }

        async Task<bool> IsSpreadAsync(int silos)
        {
            for (var h = 0; h < Specification.Clustering.Heads.Count; h++)
            {
                var homes = new List<string>();
                for (var k = 0; k < Specification.Clustering.Heads[h].ClusterCount; k++)
                {
                    try
                    {
                        homes.Add((await _coke.GetClusterAsync("run", h, k)).Silo);
                    }
                    catch (Exception e) when (e is TimeoutException or OrleansException or StaleCallException or RunRecoveringException)
                    {
                        _homes = e.Message;
                        return false; // on its way
                    }
                }

                var blocks = homes.Chunk(TestCluster.ClustersPerBlock).ToArray();
                _homes = $"head {h}: {string.Join("; ", blocks.Select(block => string.Join(" ", block)))}";
                if (blocks.Any(block => block.Distinct().Count() > 1))
                    return false;
                var counts = blocks.GroupBy(block => block[0]).Select(group => group.Count()).ToArray();
                if (counts.Length != silos || counts.Max() - counts.Min() > 1)
                    return false;
            }

            return true;
        }

        static float[] Rows(int[] ids)
        {
            var rows = new float[ids.Length * D];
            for (var i = 0; i < ids.Length; i++)
                Images.Value.AsSpan(ids[i] * D, D).CopyTo(rows.AsSpan(i * D));
            return rows;
        }
    }
}
