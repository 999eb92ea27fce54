using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>The paper's ImageNet shape: 1,024 rows of 128, 1.28 million images.</summary>
static class MiniBatch
{
    public const int Rows = 1024;
    public const int Dimension = 128;
    const int Seed = 1;

    public static HeadPlan Plan(int clusters) => new(
        new ClusteringOptions { ImageCount = 1_281_167, Dimension = Dimension, BatchSize = Rows, Heads = [new HeadOptions { ClusterCount = clusters }], Seed = Seed }, 0);

    /// <summary>Random unit rows.</summary>
    public static float[] Embeddings() => new HeadPlan(
        new ClusteringOptions { ImageCount = Rows, Dimension = Dimension, BatchSize = Rows, Heads = [new HeadOptions { ClusterCount = Rows }], Seed = Seed + 1 }, 0).InitialCenters();
}
