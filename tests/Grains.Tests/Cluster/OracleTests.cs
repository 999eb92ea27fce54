using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The actors equal Algorithm 1 in one process bit for bit, whatever the silos, trainers and message order.</summary>
public sealed class OracleTests
{
    const int N = 5_000,
        D = 48,
        B = 256,
        Epochs = 3;

    static readonly Lazy<float[]> Images = new(() => RealImages.Embeddings(N, D, seed: 3));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 2)]
    public async Task Actors_ThreeEpochsOfRealImages_EqualTheOracleBitForBit(int silos, int trainers)
    {
        await using var cluster = await TestCluster.StartAsync(silos);
        var coke = cluster.Coke;
        await coke.CreateRunAsync(Specification("run", trainers));
        using var oracle = new OnlineConstrainedKMeans(Specification("run", trainers).Clustering);
        var sessions = await Task.WhenAll(Enumerable.Range(0, trainers).Select(rank => coke.OpenSessionAsync("run", rank)));
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var steps = Plan(epoch, trainers);
            var before = LabelsOf(oracle);
            foreach (var step in steps)
                oracle.Step(Rows([.. step.SelectMany(ids => ids)]), [.. step.SelectMany(ids => ids)]);
            var expected = oracle.EndEpoch();
            var reports = await Task.WhenAll(
                sessions.Select(
                    (session, rank) =>
                        Task.Run(async () =>
                        {
                            foreach (var step in steps)
                                if (step[rank].Length > 0)
                                    await session.PushAsync(step[rank], Rows(step[rank]));
                            return await session.EndEpochAsync();
                        })
                )
            );
            await AssertEqual(oracle, expected, reports[0], coke, sessions[^1]);
            Remembered.AssertReport(oracle, before, reports[0]);
            await Remembered.AssertSurroundings(oracle, coke, "run");
        }

        Assert.Equal(Enumerable.Range(0, Epochs), (await coke.GetEpochReportsAsync("run")).Select(report => report.Epoch));
        var homes = await Task.WhenAll(Enumerable.Range(0, 30).Select(k => coke.GetClusterAsync("run", 0, k)));
        Assert.Equal(silos, homes.Select(cluster => cluster.Silo).Distinct().Count());
        Assert.All(homes.Chunk(TestCluster.ClustersPerBlock), block => Assert.Single(block.Select(cluster => cluster.Silo).Distinct()));

        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    [Theory]
    [InlineData(1, 41)]
    [InlineData(2, 42)]
    public async Task Actors_PartsDuplicatedAndReordered_EqualTheOracleBitForBit(int silos, int seed)
    {
        const int Trainers = 2;
        await using var cluster = await TestCluster.StartAsync(silos);
        var coke = cluster.Coke;
        await coke.CreateRunAsync(Specification("run", Trainers));
        using var oracle = new OnlineConstrainedKMeans(Specification("run", Trainers).Clustering);
        var (stream, runId) = await cluster.OpenStreamAsync("run");
        for (var rank = 0; rank < Trainers; rank++)
            await cluster.AdmitAsync("run", rank);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var steps = Plan(epoch, Trainers);
            foreach (var step in steps)
                oracle.Step(Rows([.. step.SelectMany(ids => ids)]), [.. step.SelectMany(ids => ids)]);
            var expected = oracle.EndEpoch();
            await Task.WhenAll(
                Enumerable
                    .Range(0, Trainers)
                    .Select(rank => Task.Run(() => PushWildly(stream, runId, rank, epoch, steps, new SeededRandom(seed, epoch, rank))))
            );
            var status = await coke.GetStatusAsync("run");
            while (status.Epoch == epoch)
                status = await coke.WaitForChangeAsync(status);
            Assert.Null(status.Fault);
            await AssertEqual(oracle, expected, status.LastEpoch!, coke, null);
        }
    }

    // Every part one to three times, swapped with neighbors up to eight places away, each trainer at its own pace.
    static async Task PushWildly(RawStream stream, string runId, int rank, int epoch, IReadOnlyList<int[][]> steps, SeededRandom random)
    {
        var messages = new List<(double At, MiniBatch Message)>();
        var sequence = 0;
        foreach (var step in steps)
        {
            if (step[rank].Length == 0)
                continue;
            Add(
                new MiniBatch(
                    runId,
                    new BatchIdentity(rank, epoch, 0, sequence),
                    1,
                    1,
                    new IntValues(step[rank]),
                    new FloatValues(Rows(step[rank])),
                    null
                )
            );
            sequence++;
        }

        Add(new MiniBatch(runId, new BatchIdentity(rank, epoch, 0, sequence), 1, 1, new IntValues([]), new FloatValues([]), sequence));
        foreach (var (_, message) in messages.OrderBy(m => m.At))
        {
            for (var pause = random.NextInt32(20); pause > 0; pause--)
                await Task.Yield();
            await stream.SendAsync(message);
        }

        void Add(MiniBatch message)
        {
            for (var copies = 1 + random.NextInt32(3); copies > 0; copies--)
                messages.Add((sequence + (8 * random.NextUniform()), message));
        }
    }

    static async Task AssertEqual(
        OnlineConstrainedKMeans oracle,
        EpochSummary[] expected,
        EpochReport report,
        CokeClient coke,
        TrainerSession? session
    )
    {
        Assert.Equal(N, report.Rows);
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            var (head, actual) = (oracle.Heads[h], report.Heads[h]);
            Assert.Equal(
                (expected[h].Min, expected[h].Max, expected[h].Violation, expected[h].Bound, expected[h].MeanSimilarity),
                (actual.SmallestSize, actual.LargestSize, actual.Violation, actual.ViolationBound, actual.MeanSimilarity)
            );
            if (report.Epoch > 0)
                Assert.Equal(expected[h].ChangedLabels, actual.ChangedLabels);
            for (var k = 0; k < head.Plan.ClusterCount; k++)
            {
                var cluster = await coke.GetClusterAsync("run", h, k);
                Assert.Equal(head.Frozen(k).ToArray(), cluster.Frozen.Span.ToArray());
                Assert.Equal(head.Center(k).ToArray(), cluster.Center.Span.ToArray());
                Assert.Equal(head.Dual(k), cluster.Dual);
                Assert.Equal(head.Cluster(k).LastCount, cluster.LastCount);
                Remembered.AssertCluster(head, cluster, report.Epoch);
            }
        }

        if (session is null)
            return;
        var labels = await session.GetLabelsAsync(Enumerable.Range(0, N).ToArray());
        var centers = await session.GetCentersAsync();
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            Assert.Equal(oracle.Heads[h].Labels.ToArray(), labels.Labels[h]);
            for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
                Assert.Equal(oracle.Heads[h].Frozen(k).ToArray(), centers[h].AsSpan(k * D, D).ToArray());
        }

        Assert.DoesNotContain(true, labels.IsOld);
    }

    static int[][] LabelsOf(OnlineConstrainedKMeans oracle) => [.. oracle.Heads.Select(head => head.Labels.ToArray())];

    /// <summary>The steps of an epoch: [step][rank] image ids. Shards differ in length, so one trainer ends before the other.</summary>
    static IReadOnlyList<int[][]> Plan(int epoch, int trainers)
    {
        var order = new SeededRandom(7, epoch).Permutation(N);
        if (trainers == 1)
            return [.. order.Chunk(B).Select(ids => new[] { ids })];
        int[] first = order[..1_800],
            second = order[1_800..];
        var parts = (First: first.Chunk(B / 2).ToArray(), Second: second.Chunk(B / 2).ToArray());
        return
        [
            .. Enumerable
                .Range(0, parts.Second.Length)
                .Select(s => new[] { s < parts.First.Length ? parts.First[s] : [], parts.Second[s] }),
        ];
    }

    static RunSpecification Specification(string name, int trainers) =>
        new(
            name,
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                Seed = 5,
                Heads =
                [
                    new HeadOptions { ClusterCount = 30, MinimumSizeRatio = 0.8 },
                    new HeadOptions
                    {
                        ClusterCount = 11,
                        CenterSchedule = CenterSchedule.Epoch,
                        DualNormLimit = 0.5,
                    },
                ],
            },
            trainers
        );

    static float[] Rows(int[] ids)
    {
        var rows = new float[ids.Length * D];
        for (var i = 0; i < ids.Length; i++)
            Images.Value.AsSpan(ids[i] * D, D).CopyTo(rows.AsSpan(i * D));
        return rows;
    }
}
