namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>How the rows of a problem lie.</summary>
enum RowKind
{
    /// <summary>Around a few modes.</summary>
    Modes,

    /// <summary>Each drawn from a handful of different rows.</summary>
    Repeated,

    /// <summary>One row, again and again.</summary>
    AllEqual,

    /// <summary>Nine of ten around one mode.</summary>
    Skewed,

    /// <summary>Anywhere.</summary>
    Scattered,
}

/// <summary>Where the centers of a problem lie.</summary>
enum CenterKind
{
    /// <summary>On rows of the problem.</summary>
    Rows,

    /// <summary>Anywhere.</summary>
    Scattered,

    /// <summary>Two out of three on one point.</summary>
    Equal,
}

/// <summary>What is asked of the sizes.</summary>
enum BoundKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One minimum for all, a part of an equal share.</summary>
    Ratio,

    /// <summary>The whole part of an equal share for all.</summary>
    EqualShares,

    /// <summary>A minimum per cluster, 0 for some.</summary>
    PerCluster,

    /// <summary>Every row to one cluster.</summary>
    EverythingToOne,

    /// <summary>Maximums little above an equal share, no minimum.</summary>
    Maximums,

    /// <summary>Minimums and maximums close to each other.</summary>
    Both,

    /// <summary>Minimums that take every row.</summary>
    MinimumsFill,

    /// <summary>Maximums that need every place.</summary>
    MaximumsFill,
}

/// <summary>Where the search begins.</summary>
enum PriceKind
{
    /// <summary>At no prices given.</summary>
    None,

    /// <summary>At prices of the size of similarities.</summary>
    Sensible,

    /// <summary>At prices up to a billion, of both signs.</summary>
    Absurd,
}

/// <summary>What a random problem is made of; equal shapes give equal problems.</summary>
sealed record SizedShape(
    int Rows,
    int Clusters,
    int Dimension,
    RowKind RowKind,
    CenterKind CenterKind,
    BoundKind BoundKind,
    PriceKind PriceKind,
    int Seed
);

/// <summary>Rows, centers, bounds and start prices of one problem.</summary>
sealed record SizedProblem(float[] Embeddings, int Dimension, float[] Centers, SizeBounds Bounds, double[] StartPrices)
{
    const double LargestAbsurdPrice = 1e9;

    public int Rows => Bounds.Rows;

    public int ClusterCount => Bounds.ClusterCount;

    public static SizedProblem Of(SizedShape shape)
    {
        var random = new SeededRandom(shape.Seed);
        var (N, K, d) = (shape.Rows, shape.Clusters, shape.Dimension);
        var embeddings = SizedRows.Of(shape.RowKind, random, N, d);
        var centers =
            shape.CenterKind == CenterKind.Rows
                ? Features.Rows(embeddings, d, [.. Enumerable.Range(0, K).Select(_ => random.NextInt32(N))])
                : SizedRows.Of(RowKind.Scattered, random, K, d);
        if (shape.CenterKind == CenterKind.Equal)
        {
            for (var k = 0; k < K; k++)
            {
                if (k % 3 > 0)
                    centers.AsSpan(0, d).CopyTo(centers.AsSpan(k * d));
            }
        }

        var (minimums, maximums) = BoundsOf(shape.BoundKind, random, N, K);
        var scale = shape.PriceKind == PriceKind.Absurd ? LargestAbsurdPrice : 0.3;
        double[] prices =
            shape.PriceKind == PriceKind.None
                ? []
                : [.. Enumerable.Range(0, K).Select(_ => random.NextNormal() * scale * random.NextUniform())];
        return new(embeddings, d, centers, new SizeBounds(N, minimums, maximums), prices);
    }

    /// <summary>x . c of every row and cluster in double precision, row-major.</summary>
    public double[] Similarities() => Scores.Of(Embeddings, Dimension, Centers);

    /// <summary>The same to the bit of the scoring kernel.</summary>
    public double[] KernelSimilarities() => Scores.OfKernel(Embeddings, Dimension, Centers);

    public SizedAssignment Assign(SizeEffort? effort = null, int threads = 1) =>
        ExactSizes.Assign(Embeddings, Dimension, Centers, Bounds, StartPrices, effort, threads);

    static (int[] Minimums, int[] Maximums) BoundsOf(BoundKind kind, SeededRandom random, int N, int K)
    {
        int[] Equal(int size) => [.. Enumerable.Repeat(size, K)];
        var share = N / K;
        var slack = (int)(random.NextUniform() * share / 4);
        return kind switch
        {
            BoundKind.None => (Equal(0), []),
            BoundKind.Ratio => (Equal((int)(random.NextUniform() * N / K)), []),
            BoundKind.EqualShares => (Equal(share), []),
            BoundKind.PerCluster => ([.. Shares((int)(random.NextUniform() * N)).Select(size => random.NextInt32(4) == 0 ? 0 : size)], []),
            BoundKind.EverythingToOne => ([.. Equal(0)[1..], N], []),
            BoundKind.Maximums => (Equal(0), Equal(((N + K - 1) / K) + slack)),
            BoundKind.Both => (Equal(share - slack), Equal(((N + K - 1) / K) + slack)),
            BoundKind.MinimumsFill => (Shares(N), []),
            BoundKind.MaximumsFill => (Equal(0), Shares(N)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

        // So many rows dealt out at random.
        int[] Shares(int rows)
        {
            var sizes = new int[K];
            for (var row = 0; row < rows; row++)
                sizes[Math.Min(random.NextInt32(K), random.NextInt32(K))]++;
            return sizes;
        }
    }
}
