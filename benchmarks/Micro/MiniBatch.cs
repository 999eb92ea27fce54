using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>The paper's ImageNet shape: 1,024 rows of 128, 1.28 million images.</summary>
static class MiniBatch
{
    public const int Rows = 1024;
    public const int Dimension = 128;

    /// <summary>The paper's automatic setting with this many clusters.</summary>
    public static HeadPlan Plan(int clusters) => Plan(clusters, images: 1_281_167, seed: 1);

    /// <summary>Random unit rows.</summary>
    public static float[] Embeddings() => Plan(Rows, images: Rows, seed: 2).InitialCenters();

    static HeadPlan Plan(int clusters, int images, int seed)
    {
        HeadOptions[] heads = [new HeadOptions { ClusterCount = clusters }];
        var options = new ClusteringOptions
        {
            ImageCount = images,
            Dimension = Dimension,
            BatchSize = Rows,
            Heads = heads,
            Seed = seed,
        };
        return new HeadPlan(options, 0);
    }
}
