namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

/// <summary>Random options, features and mini-batches: every option, partial batches, epochs that miss images.</summary>
static class RandomRuns
{
    public const int Epochs = 6;

    public static ClusteringOptions Options(int seed)
    {
        var random = new SeededRandom(seed);
        var N = 40 + random.NextInt32(80);
        return new ClusteringOptions
        {
            ImageCount = N,
            Dimension = 2 + random.NextInt32(24),
            BatchSize = 8 + random.NextInt32(40),
            Views = 1 + random.NextInt32(3),
            Heads = [.. Enumerable.Range(0, 1 + random.NextInt32(2)).Select(_ => Head(random, N))],
            StageTwoAfterEpoch = random.NextInt32(3) == 0 ? random.NextInt32(3) : null,
            SoftLabelSlots = 1 + random.NextInt32(3),
            Seed = seed,
        };
    }

    /// <summary>Mini-batches of one epoch; the last is short, and some epochs miss a quarter of the images.</summary>
    public static IEnumerable<(float[] Embeddings, int[] ImageIds)> Batches(ClusteringOptions options, int seed, int epoch)
    {
        var random = new SeededRandom(seed, epoch, 1);
        var all = Features.Modes(random, options.ImageCount, options.Dimension, options.Views);
        var order = random.Permutation(options.ImageCount);
        if (random.NextInt32(3) == 0)
            order = order[..(options.ImageCount * 3 / 4)];
        foreach (var ids in order.Chunk(options.BatchSize))
            yield return (Features.Rows(all, options.Dimension, ids), ids);
    }

    static HeadOptions Head(SeededRandom random, int N)
    {
        var K = 1 + random.NextInt32(20);
        var ratio = new[] { 0, 0.4, 0.8, 1 }[random.NextInt32(4)];
        var sizes = random.NextInt32(3) == 0;
        return new HeadOptions
        {
            ClusterCount = K,
            MinimumSizeRatio = ratio,
            Margin = ratio < 1 && !sizes && random.NextInt32(3) == 0 ? 0.1 : 0,
            DualLearningRate = random.NextInt32(3) == 0 ? null : 0.1 + random.NextUniform(),
            CenterRule = random.NextInt32(2) == 0 ? CenterRule.Exact : CenterRule.Rescaled,
            CenterSchedule = random.NextInt32(3) == 0 ? CenterSchedule.Epoch : CenterSchedule.Batch,
            BatchScheduleEpochs = random.NextInt32(3) == 0 ? random.NextInt32(Epochs) : null,
            DualClamp = random.NextInt32(3) == 0 ? DualClamp.Code : DualClamp.Paper,
            DualNormLimit = random.NextInt32(3) == 0 ? 0.05 + 0.3 * random.NextUniform() : null,
            MinimumSizes = sizes ? [.. Enumerable.Range(0, K).Select(k => random.NextUniform() * N / K)] : null,
        };
    }
}
