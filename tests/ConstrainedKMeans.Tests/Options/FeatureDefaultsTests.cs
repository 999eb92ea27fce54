namespace CoKe.ConstrainedKMeans.Tests.Options;

public class FeatureDefaultsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(300, 2)]
    [InlineData(20_000, 156)]
    [InlineData(60_000, 468)]
    [InlineData(10_000_000, 1024)]
    public void BatchSize_OfRows_MovesTheDualsOftenEnough(int rows, int batch) => Assert.Equal(batch, FeatureDefaults.BatchSize(rows));

    // An empty cluster's dual rises by (eta / B) gamma_k in a pass; gamma_k = gamma' N / K.
    [Theory]
    [InlineData(1, 0.64)]
    [InlineData(0.4, 0.256)]
    [InlineData(0.1, 0.25)]
    public void DualLearningRate_OfARatio_LetsTheDualOfAnEmptyClusterRise(double ratio, double rise)
    {
        const int N = 60_000,
            K = 100;
        var batch = FeatureDefaults.BatchSize(N);
        Assert.Equal(rise, FeatureDefaults.DualLearningRate(N, K, batch, ratio) / batch * ratio * N / K, 1e-9);
    }

    [Fact]
    public void DualLearningRate_OfFewLargeBatches_IsLimited() =>
        Assert.Equal(10 * 0.02, FeatureDefaults.DualLearningRate(1000, 10, 1000, 0.4));

    [Theory]
    [InlineData(60_000, 1000, 8)]
    [InlineData(10_000, 1000, null)]
    public void BatchSchedulePasses_OfClusterSizes_SparesSmallClusters(int rows, int clusters, int? passes)
    {
        Assert.Equal(passes, FeatureDefaults.BatchSchedulePasses(rows, clusters));
        Assert.Equal(passes is null ? CenterSchedule.Epoch : CenterSchedule.Batch, FeatureDefaults.Schedule(rows, clusters));
    }

    // What the defaults choose warns of nothing, whatever N, K and gamma' that make sense.
    [Theory]
    [InlineData(60, 3, 0.4)]
    [InlineData(900, 10, 1)]
    [InlineData(20_000, 100, 0.9)]
    [InlineData(60_000, 1000, 0.1)]
    [InlineData(1_000_000, 1000, 0.4)]
    public void Warnings_OfTheDefaults_AreNone(int rows, int clusters, double ratio)
    {
        var batch = FeatureDefaults.BatchSize(rows);
        var options = new ClusteringOptions
        {
            ImageCount = rows,
            Dimension = 8,
            BatchSize = batch,
            Heads =
            [
                new HeadOptions
                {
                    ClusterCount = clusters,
                    MinimumSizeRatio = ratio,
                    DualLearningRate = FeatureDefaults.DualLearningRate(rows, clusters, batch, ratio),
                    CenterSchedule = FeatureDefaults.Schedule(rows, clusters),
                    BatchScheduleEpochs = FeatureDefaults.BatchSchedulePasses(rows, clusters),
                },
            ],
        };
        Assert.Empty(options.Warnings());
    }
}
