using CoKe.ConstrainedKMeans;

namespace CoKe.Benchmarks.Sizes;

/// <summary>Where the rows of a case come from.</summary>
enum SizesData
{
    /// <summary>PCA features of Fashion-MNIST.</summary>
    Fashion,

    /// <summary>Fifty modes, whose shares of the rows fall as 1, 1/2, 1/3 and so on.</summary>
    Modes,

    /// <summary>Ten blobs, of which one has nine of ten rows.</summary>
    Skewed,

    /// <summary>Two hundred such modes; every fifth row is the copy of another.</summary>
    Repeated,
}

/// <summary>One row of the table of exact sizes.</summary>
sealed record SizesCase(SizesData Data, int Rows, int Dimension, int Clusters, double Ratio)
{
    const int BlobCount = 10,
        ModeCount = 50,
        ManyModes = 200,
        RepeatEvery = 5;

    /// <summary>All of them, the quick ones first.</summary>
    public static IReadOnlyList<SizesCase> All { get; } =
    [
        .. from N in new[] { 900, 5_000, 20_000 } select new SizesCase(SizesData.Skewed, N, 32, 10, 0.4),
        .. from N in new[] { 900, 5_000, 20_000 } select new SizesCase(SizesData.Skewed, N, 32, 10, 1),
        .. from ratio in new[] { 0.4, 0.9, 1 } select new SizesCase(SizesData.Modes, 20_000, 64, 100, ratio),
        .. from N in new[] { 10_000, 60_000 }
        from K in new[] { 10, 100, 1000 }
        from ratio in new[] { 0.4, 0.9, 1 }
        select new SizesCase(SizesData.Fashion, N, FashionFeatures.Dimension, K, ratio),
        new SizesCase(SizesData.Repeated, 1_000_000, 32, 1000, 0.9),
    ];

    /// <summary>How <c>--only</c> calls it: it or its beginning.</summary>
    public string Name => FormattableString.Invariant($"{Data.ToString().ToLowerInvariant()}-{Rows}-{Clusters}-{Ratio}");

    /// <summary>The rows: N x d, of unit norm.</summary>
    /// <param name="features">The file of Fashion-MNIST features, where the case is of them.</param>
    public float[] Embeddings(string? features)
    {
        var random = new SeededRandom((int)Data, Rows);
        return Data switch
        {
            SizesData.Fashion => NpyArray.ReadFloats(features!),
            SizesData.Skewed => Around(random, BlobCount, 0.3, m => m == 0 ? 0.9 : 0.1 / (BlobCount - 1)),
            SizesData.Modes => Around(random, ModeCount, 0.4, m => 1.0 / (m + 1)),
            SizesData.Repeated => Repeat(random, Around(random, ManyModes, 0.4, m => 1.0 / (m + 1))),
            _ => throw new InvalidOperationException($"{Data} is no kind of rows."),
        };
    }

    float[] Around(SeededRandom random, int modes, double noise, Func<int, double> share)
    {
        var centers = Enumerable.Range(0, modes * Dimension).Select(_ => random.NextNormal()).ToArray();
        var upTo = new double[modes];
        for (var m = 0; m < modes; m++)
            upTo[m] = (m == 0 ? 0 : upTo[m - 1]) + share(m);
        var rows = new float[Rows * Dimension];
        var row = new double[Dimension];
        for (var n = 0; n < Rows; n++)
        {
            var at = Array.BinarySearch(upTo, random.NextUniform() * upTo[^1]);
            var mode = Math.Min(at < 0 ? ~at : at, modes - 1);
            var square = 0.0;
            for (var i = 0; i < Dimension; i++)
            {
                row[i] = centers[(mode * Dimension) + i] + (noise * random.NextNormal());
                square += row[i] * row[i];
            }

            for (var i = 0; i < Dimension; i++)
                rows[(n * Dimension) + i] = (float)(row[i] / Math.Sqrt(square));
        }

        return rows;
    }

    float[] Repeat(SeededRandom random, float[] rows)
    {
        for (var n = 0; n < Rows; n += RepeatEvery)
            rows.AsSpan(random.NextInt32(Rows) * Dimension, Dimension).CopyTo(rows.AsSpan(n * Dimension));
        return rows;
    }
}
