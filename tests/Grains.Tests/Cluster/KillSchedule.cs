using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Streams;
using Orleans.Core.Internal;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>One run on a cluster in which silos and grains die and storage fails, all drawn from a seed; and what it should have come
/// to.</summary>
sealed class KillSchedule(int seed)
{
    const int N = 420,
        D = 16,
        B = 30,
        Epochs = 3;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    static readonly Lazy<float[]> Images = new(() => RealImages.Embeddings(N, D, seed: 4));

    readonly SeededRandom _random = new(seed, 1);
    readonly List<string> _story = [];
    readonly Lock _writing = new();
    int _failures;

    /// <summary>What happened, in words.</summary>
    public string Story => string.Join("; ", _story);

    public async Task RunAsync()
    {
        var silos = 2 + _random.NextInt32(3);
        var trainers = 1 + _random.NextInt32(2);
        var specification = new RunSpecification(
            "run",
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                Seed = seed,
                Heads =
                [
                    new HeadOptions { ClusterCount = 9, MinimumSizeRatio = 0.8 },
                    new HeadOptions { ClusterCount = 6, DualNormLimit = seed % 3 == 0 ? 0.5 : null },
                ],
            },
            trainers
        );
        await using var cluster = await TestCluster.StartAsync(silos);
        cluster.Storage.BeforeWrite = _ => Draw("write refused");
        cluster.Storage.AfterWrite = _ => Draw("answer lost");
        await cluster.Coke.CreateRunAsync(specification);
        using var oracle = new OnlineConstrainedKMeans(specification.Clustering);
        var sessions = await Task.WhenAll(Enumerable.Range(0, trainers).Select(rank => cluster.Coke.OpenSessionAsync("run", rank, Eager)));
        var runId = (await cluster.Coke.GetStatusAsync("run")).RunId;
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var steps = Steps(epoch, trainers);
            foreach (var step in steps)
                oracle.Step(Rows([.. step.SelectMany(ids => ids)]), [.. step.SelectMany(ids => ids)]);
            oracle.EndEpoch();
            var strikes = Enumerable.Range(0, 1 + _random.NextInt32(2)).Select(_ => _random.NextInt32(steps.Count)).ToHashSet();
            for (var s = 0; s < steps.Count; s++)
            {
                for (var rank = 0; rank < trainers; rank++)
                    await sessions[rank].PushAsync(steps[s][rank], Rows(steps[s][rank])).AsTask().WaitAsync(Patience);
                if (strikes.Contains(s))
                    await StrikeAsync(cluster, runId);
            }

            var reports = await Task.WhenAll(sessions.Select(session => session.EndEpochAsync())).WaitAsync(Patience);
            Assert.Equal(N, reports[0].Rows);
            await AssertEqualAsync(oracle, sessions[^1]);
        }

        foreach (var session in sessions)
            await session.DisposeAsync();
        await AssertClustersAsync(oracle, cluster.Coke);
    }

    static SessionOptions Eager => new() { ResendAfter = TimeSpan.FromMilliseconds(500) };

    async Task StrikeAsync(TestCluster cluster, string runId)
    {
        var what = _random.NextInt32(8);
        switch (what)
        {
            case 0 or 1:
                Tell("a silo is killed");
                await cluster.KillAsync(cluster.Silos[_random.NextInt32(cluster.Silos.Count)]);
                await cluster.StartSiloAsync();
                break;
            case 2:
                Tell("a silo stops");
                await cluster.StopAsync(cluster.Silos[_random.NextInt32(cluster.Silos.Count)]);
                await cluster.StartSiloAsync();
                break;
            case 3:
                Tell("a silo joins");
                await cluster.StartSiloAsync();
                break;
            case 4:
                Tell("storage fails");
                Volatile.Write(ref _failures, 1 + _random.NextInt32(3));
                break;
            case 5:
                Tell("stream queues are lost");
                var options = new QueueStreamOptions();
                var producer = new QueueProducer(EmbeddingStreams.ProviderName, cluster.Client, options);
                foreach (var queue in producer.Mapper.GetAllQueues())
                    await LoseAsync(producer.Queue(queue));
                break;
            default:
                Tell("grains are lost");
                foreach (var grain in Grains(cluster.Client, runId))
                    if (_random.NextInt32(4) == 0)
                        await LoseAsync(grain);
                break;
        }
    }

    static IEnumerable<IAddressable> Grains(IGrainFactory grains, string runId) =>
        [
            grains.GetGrain<IRunGrain>("run"),
            grains.GetGrain<ISequencerGrain>(runId),
            grains.GetGrain<IScorerGrain>(Keys.Scorer(runId, 0)),
            grains.GetGrain<IScorerGrain>(Keys.Scorer(runId, 1)),
            grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 1)),
            grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 1, 0)),
            grains.GetGrain<IClusterGrain>(Keys.Cluster(runId, 0, 2)),
            grains.GetGrain<IClusterGrain>(Keys.Cluster(runId, 1, 5)),
            grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0)),
        ];

    static async Task LoseAsync(IAddressable grain)
    {
        try
        {
            await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // It was on a silo that has just died: lost all the same.
        }
    }

    Exception? Draw(string what)
    {
        lock (_writing)
        {
            if (_failures == 0 || _random.NextInt32(2) == 0)
                return null;
            _failures--;
            _story.Add(what);
            return new IOException(what);
        }
    }

    void Tell(string what)
    {
        lock (_writing)
            _story.Add(what);
    }

    async Task AssertEqualAsync(OnlineConstrainedKMeans oracle, TrainerSession session)
    {
        var labels = await session.GetLabelsAsync(Enumerable.Range(0, N).ToArray()).WaitAsync(Patience);
        var centers = (await session.GetCentersAsync().WaitAsync(Patience)).ToArray();
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            Assert.Equal(oracle.Heads[h].Labels.ToArray(), labels.Labels[h]);
            for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
                Assert.Equal(oracle.Heads[h].Frozen(k).ToArray(), centers[h].AsSpan(k * D, D).ToArray());
        }
    }

    static async Task AssertClustersAsync(OnlineConstrainedKMeans oracle, CokeClient coke)
    {
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
            {
                var cluster = await coke.GetClusterAsync("run", h, k).WaitAsync(Patience);
                Assert.Equal(oracle.Heads[h].Dual(k), cluster.Dual);
                Assert.Equal(oracle.Heads[h].Cluster(k).LastCount, cluster.LastCount);
                Assert.Equal(oracle.Heads[h].Center(k).ToArray(), cluster.Center.Span.ToArray());
                Remembered.AssertCluster(oracle.Heads[h], cluster, Epochs - 1);
            }
        }
    }

    static IReadOnlyList<int[][]> Steps(int epoch, int trainers) =>
        [.. new SeededRandom(9, epoch).Permutation(N).Chunk(B).Select(step => step.Chunk(B / trainers).ToArray())];

    static float[] Rows(int[] ids)
    {
        var rows = new float[ids.Length * D];
        for (var i = 0; i < ids.Length; i++)
            Images.Value.AsSpan(ids[i] * D, D).CopyTo(rows.AsSpan(i * D));
        return rows;
    }
}
