using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Scoring;

public class ScoringMatrixTests
{
    static readonly Gen<(int Dimension, int Clusters, int Rows, int Threads, int Seed)> Shapes = Gen.Select(
        Gen.Int[1, 150],
        Gen.Int[1, 130],
        Gen.Int[1, 230],
        Gen.Int[1, 4],
        Gen.Int
    );

    [Fact]
    public void Assign_EveryPathAndNumberOfThreads_EqualsTheNaiveScoreBitForBit() =>
        Shapes.Sample(
            shape =>
            {
                var random = new SeededRandom(shape.Seed);
                var plan = Plan(shape.Clusters, shape.Dimension);
                float[] x = Values(random, shape.Rows, shape.Dimension),
                    centers = Values(random, shape.Clusters, shape.Dimension);
                Duplicate(random, centers, shape.Clusters, shape.Dimension);
                var clusters = Enumerable.Range(0, shape.Clusters);
                var duals = clusters.Select(_ => new Dual(random.NextInt32(3) * 0.25, random.NextInt32(50))).ToArray();
                const long rowClock = 50;
                var expected = Naive(plan, x, shape.Rows, centers, duals, rowClock);

                foreach (var path in Enum.GetValues<ScoringPath>())
                {
                    using var matrix = Matrix(plan, centers, duals, path);
                    int[] labels = new int[shape.Rows],
                        repeated = new int[shape.Rows];
                    var similarities = new float[shape.Rows];
                    matrix.Assign(x, shape.Rows, rowClock, labels.AsMemory(), similarities.AsMemory(), shape.Threads);
                    matrix.Assign(x, shape.Rows, rowClock, repeated.AsMemory(), Memory<float>.Empty, threads: 1);
                    Assert.Equal(expected.Labels, labels);
                    Assert.Equal(expected.Labels, repeated);
                    Assert.All(similarities.Zip(expected.Similarities), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
                }
            },
            iter: 150
        );

    [Theory]
    [InlineData((int)ScoringPath.Scalar)]
    [InlineData((int)ScoringPath.Vector256)]
    [InlineData((int)ScoringPath.Vector512)]
    public void Assign_AllCentersEqual_LowestClusterWins(int path)
    {
        var plan = Plan(100, 8);
        float[] center = [0.5f, 0, 0.5f, 0, 0.5f, 0, 0.5f, 0];
        using var matrix = new ScoringMatrix(plan, [.. Enumerable.Repeat(center, 100).SelectMany(c => c)], (ScoringPath)path);
        var label = new int[1];

        matrix.Assign(center, 1, 0, label.AsSpan(), [], threads: 1);
        Assert.Equal(0, label[0]);

        // Same lane of a later panel, then a lower lane of it: the duals make the winners, the lowest of them is taken.
        foreach (var k in new[] { 99, 71, 39, 38 })
        {
            matrix.SetDual(k, new Dual(1, 0));
            matrix.Assign(center, 1, 0, label.AsSpan(), [], threads: 1);
            Assert.Equal(k, label[0]);
        }
    }

    [Fact]
    public void Assign_ThreadPoolBlocked_CallerFinishesAlone()
    {
        var plan = Plan(64, 16);
        using var matrix = new ScoringMatrix(plan, plan.InitialCenters());
        var x = plan.InitialCenters();
        int[] labels = new int[64],
            alone = new int[64];
        matrix.Assign(x, 64, 0, alone.AsMemory(), Memory<float>.Empty, threads: 1);
        using var release = new ManualResetEventSlim();
        using var ended = new CountdownEvent(200);
        for (var i = 0; i < 200; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                state =>
                {
                    release.Wait();
                    ended.Signal();
                },
                null
            );
        }

        matrix.Assign(x, 64, 0, labels.AsMemory(), Memory<float>.Empty, threads: 4);

        release.Set();
        ended.Wait();
        Assert.Equal(alone, labels);
        Assert.Equal(Enumerable.Range(0, 64), labels); // a unit vector is nearest to itself
    }

    [Fact]
    public void SetCenter_ThenGetCenter_IsTheSame()
    {
        var plan = Plan(70, 13);
        using var matrix = new ScoringMatrix(plan, plan.InitialCenters());
        var center = Enumerable.Range(0, 13).Select(i => i / 13f).ToArray();
        var read = new float[13];

        matrix.SetCenter(69, center);
        matrix.GetCenter(69, read);

        Assert.Equal(center, read);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.SetCenter(70, center));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.SetCenter(0, center.AsSpan(1)));
    }

    static (int[] Labels, float[] Similarities) Naive(HeadPlan plan, float[] x, int rows, float[] centers, Dual[] duals, long rowClock)
    {
        var d = plan.Dimension;
        var labels = new int[rows];
        var similarities = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            var best = float.NegativeInfinity;
            for (var k = 0; k < plan.ClusterCount; k++)
            {
                var chain = 0f;
                for (var i = 0; i < d; i++)
                    chain = MathF.FusedMultiplyAdd(x[row * d + i], centers[k * d + i], chain);
                var score = chain + (float)duals[k].At(rowClock, plan.PushPerRow(k));
                if (score > best)
                    (best, labels[row], similarities[row]) = (score, k, chain);
            }
        }

        return (labels, similarities);
    }

    static ScoringMatrix Matrix(HeadPlan plan, float[] centers, Dual[] duals, ScoringPath path)
    {
        var matrix = new ScoringMatrix(plan, centers, path);
        for (var k = 0; k < duals.Length; k++)
            matrix.SetDual(k, duals[k]);
        return matrix;
    }

    // Few distinct values, so that ties are frequent.
    static float[] Values(SeededRandom random, int rows, int d) =>
        [.. Enumerable.Range(0, rows * d).Select(_ => (random.NextInt32(9) - 4) / 8f)];

    static void Duplicate(SeededRandom random, float[] centers, int K, int d)
    {
        for (var k = 1; k < K; k += 2)
            centers.AsSpan(random.NextInt32(k) * d, d).CopyTo(centers.AsSpan(k * d));
    }

    static HeadPlan Plan(int clusters, int dimension) =>
        Problem.Plan(1000, dimension, 32, new HeadOptions { ClusterCount = clusters, DualLearningRate = 0.5 });
}
