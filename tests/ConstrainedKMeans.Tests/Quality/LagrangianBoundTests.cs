namespace CoKe.ConstrainedKMeans.Tests.Quality;

public class LagrangianBoundTests
{
    const int N = 2000;
    const int Dimension = 32;

    [Theory]
    [InlineData(10, 0.4)]
    [InlineData(10, 0.9)]
    [InlineData(50, 0.5)]
    [InlineData(50, 1.0)]
    public void Compute_RealFeatures_IsAboveTheOptimumByAThousandthAtMost(int clusters, double minimumSizeRatio)
    {
        var embeddings = Features.FashionMnist(N, Dimension, seed: 2);
        var plan = Plan(clusters, minimumSizeRatio);
        var centers = embeddings[..(clusters * Dimension)]; // images as centers: sizes differ widely

        var bound = LagrangianBound.Compute(plan, embeddings, N, centers);

        var minimumSize = (int)Math.Round(minimumSizeRatio * N / clusters);
        var optimum = OptimalAssignment.Value(embeddings, N, Dimension, centers, clusters, minimumSize);
        Assert.InRange(bound.Value, optimum, optimum * 1.001);
        Assert.All(bound.Duals, rho => Assert.True(rho >= 0));
    }

    [Fact]
    public void Compute_NoMinimum_IsTheNearestCenterOptimum()
    {
        var embeddings = Features.FashionMnist(N, Dimension, seed: 2);
        var plan = Plan(10, 0);
        var centers = plan.InitialCenters();
        var labels = new int[N];
        using var matrix = new ScoringMatrix(plan, centers);
        matrix.Assign(embeddings, N, 0, labels, Memory<float>.Empty, threads: 1);

        var bound = LagrangianBound.Compute(plan, embeddings, N, centers, passes: 3);

        Assert.Equal(ClusterQuality.MeanSimilarity(embeddings, Dimension, labels, centers), bound.Value / N, 1e-5);
    }

    static HeadPlan Plan(int clusters, double minimumSizeRatio) =>
        Problem.Plan(N, Dimension, 100, new HeadOptions { ClusterCount = clusters, MinimumSizeRatio = minimumSizeRatio });
}
