using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Faults.Tests.Runs;

/// <summary>A run of several blocks and label shards, so that every silo holds a part of it; all of it follows from the seed.</summary>
/// <param name="Seed">Of images, order and initial centers.</param>
/// <param name="Trainers">W.</param>
internal sealed record RunShape(int Seed = 1, int Trainers = 1)
{
    public const int N = 20_000, D = 16, B = 400, StepsPerEpoch = N / B;

    float[]? _images;

    public ClusteringOptions Options => new()
    {
        ImageCount = N, Dimension = D, BatchSize = B, Seed = Seed,
        Heads = [new HeadOptions { ClusterCount = 600, MinimumSizeRatio = 0.8 }, new HeadOptions { ClusterCount = 300, DualNormLimit = 0.5 }],
    };

    /// <summary>The image ids of every global step of an epoch.</summary>
    public int[][] Steps(int epoch) => [.. new SeededRandom(Seed, epoch, 1).Permutation(N).Chunk(B)];

    /// <summary>A rank's part of a step.</summary>
    public int[] Part(int[] step, int rank) => step[(step.Length * rank / Trainers)..(step.Length * (rank + 1) / Trainers)];

    /// <summary>The embeddings of images, row by row.</summary>
    public float[] Rows(int[] ids)
    {
        var images = _images ??= Images();
        var rows = new float[ids.Length * D];
        for (var i = 0; i < ids.Length; i++) images.AsSpan(ids[i] * D, D).CopyTo(rows.AsSpan(i * D));
        return rows;
    }

    public RunSpecification Specification(string name) => new(name, Options, Trainers);

    float[] Images()
    {
        var random = new SeededRandom(Seed, 2);
        var images = new float[N * D];
        for (var i = 0; i < N; i++)
        {
            var row = images.AsSpan(i * D, D);
            foreach (ref var v in row) v = (float)random.NextNormal();
            var norm = 0.0;
            foreach (var v in row) norm += (double)v * v;
            foreach (ref var v in row) v = (float)(v / Math.Sqrt(norm));
        }

        return images;
    }
}
