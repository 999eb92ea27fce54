using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Faults.Tests.Runs;

/// <summary>A run of several blocks and label shards, so that every silo holds a part of it; all of it follows from the seed.</summary>
/// <param name="Seed">Of images, order and initial centers.</param>
/// <param name="Trainers">W.</param>
sealed record RunShape(int Seed = 1, int Trainers = 1)
{
    public const int N = 20_000,
        D = 16,
        B = 400,
        StepsPerEpoch = N / B;

    float[]? _images;

    public ClusteringOptions Options =>
        new()
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Seed = Seed,
            Heads =
            [
                new HeadOptions { ClusterCount = 600, MinimumSizeRatio = 0.8 },
                new HeadOptions { ClusterCount = 300, DualNormLimit = 0.5 },
            ],
        };

    /// <summary>The image ids of every global step of an epoch.</summary>
    public int[][] Steps(int epoch) => [.. new SeededRandom(Seed, epoch, 1).Permutation(N).Chunk(B)];

    /// <summary>A rank's part of a step.</summary>
    public int[] Part(int[] step, int rank) => step[(step.Length * rank / Trainers)..(step.Length * (rank + 1) / Trainers)];

    /// <summary>The embeddings of images, row by row.</summary>
    public float[] Rows(int[] ids) => UnitRows.Of(_images ??= UnitRows.Random(Seed, N, D), ids, D);

    public RunSpecification Specification(string name) => new(name, Options, Trainers);
}
