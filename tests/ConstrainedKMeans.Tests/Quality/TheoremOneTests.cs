namespace CoKe.ConstrainedKMeans.Tests.Quality;

/// <summary>
/// Theorem 1: instances one by one in random order, eta = tau / sqrt(2 N): regret against the optimum of eqn 6 and violation grow no faster
/// than sqrt(N), so per image both vanish. On real features with fixed centers.
/// </summary>
public class TheoremOneTests
{
    const int Dimension = 32;
    const int Clusters = 20;
    const int Orders = 5;
    const double Tau = 2; // the theorem wants it above the sum of the optimal duals
    static readonly int[] Sizes = [250, 500, 1000, 2000, 4000];

    [Theory]
    [InlineData(0.4)]
    [InlineData(0.8)]
    public void OnlineAssignment_MoreImages_ViolationGrowsSlowlyAndRegretPerImageFalls(double minimumSizeRatio)
    {
        var all = Features.FashionMnist(Sizes[^1], Dimension, seed: 1);
        // images as centers: nearest-center clusters of very different sizes, so the constraint has work to do
        var centers = all[..(Clusters * Dimension)];
        Assert.InRange(LagrangianBound.Compute(Plan(minimumSizeRatio), all, Sizes[^1], centers).Duals.Sum(), 0.1, Tau);
        var results = Sizes.Select(N => Measure(all[..(N * Dimension)], N, centers, minimumSizeRatio)).ToArray();

        var rows = Sizes.Zip(results, (N, r) => $"N {N}: violation {r.Violation:F1}, regret per image {r.RegretPerImage:F5}");
        var table = string.Join("; ", rows);
        var exponent = Slope([.. Sizes.Select(N => Math.Log(N))], [.. results.Select(r => Math.Log(Math.Max(r.Violation, 1)))]);
        Assert.True(exponent <= 0.65, $"exponent {exponent:F3}; {table}");
        for (var i = 1; i < results.Length; i++)
            Assert.True(results[i].RegretPerImage < results[i - 1].RegretPerImage, table);
    }

    // Mean over seeded orders.
    static (double Violation, double RegretPerImage) Measure(float[] embeddings, int N, float[] centers, double minimumSizeRatio)
    {
        var minimumSize = (int)Math.Round(minimumSizeRatio * N / Clusters);
        var optimum = OptimalAssignment.Value(embeddings, N, Dimension, centers, Clusters, minimumSize);
        double violation = 0,
            regret = 0;
        for (var seed = 0; seed < Orders; seed++)
        {
            using var kMeans = new OnlineConstrainedKMeans(Options(N, minimumSizeRatio), [centers]);
            foreach (var image in new SeededRandom(seed, N).Permutation(N))
            {
                kMeans.Step(embeddings.AsSpan(image * Dimension, Dimension), [image]);
            }

            var summary = kMeans.EndEpoch()[0];
            violation += summary.Violation / Orders;
            regret += ClusterQuality.Regret(optimum, summary.MeanSimilarity * N) / N / Orders;
        }

        return (violation, regret);
    }

    static HeadPlan Plan(double minimumSizeRatio) => new(Options(Sizes[^1], minimumSizeRatio), 0);

    static ClusteringOptions Options(int N, double minimumSizeRatio) =>
        new()
        {
            ImageCount = N,
            Dimension = Dimension,
            BatchSize = 1,
            Heads =
            [
                new HeadOptions
                {
                    ClusterCount = Clusters,
                    MinimumSizeRatio = minimumSizeRatio,
                    CenterSchedule = CenterSchedule.Epoch,
                    DualNormLimit = Tau,
                    DualLearningRate = Tau / Math.Sqrt(2 * N),
                },
            ],
        };

    static double Slope(double[] x, double[] y)
    {
        double meanX = x.Average(),
            meanY = y.Average();
        return x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
    }
}
