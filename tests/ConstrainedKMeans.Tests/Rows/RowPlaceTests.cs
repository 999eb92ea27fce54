namespace CoKe.ConstrainedKMeans.Tests.Rows;

/// <summary>Wherever the rows are, in one array, in several, or read anew each time: the same bits.</summary>
public sealed class RowPlaceTests
{
    const int N = 6000,
        d = 300,
        K = 20;

    static readonly float[] Embeddings = Rows();
    static readonly RowSource[] Places =
    [
        new MemoryRows([.. Embeddings.Chunk(999 * d).Select(block => new ReadOnlyMemory<float>(block))], d),
        new CopiedRows(Embeddings, d),
    ];

    [Fact]
    public void Choose_RowsInAnyPlace_GivesTheSameCenters()
    {
        var expected = SpreadCenters.Choose(Embeddings, N, d, K, new SeededRandom(5));
        Assert.All(Places, rows => Assert.Equal(expected, SpreadCenters.Choose(rows, K, new SeededRandom(5), threads: 2)));
    }

    [Theory]
    [InlineData(0.9, 1.2)]
    [InlineData(0.4, 3)]
    public void Assign_RowsInAnyPlace_GivesTheSameLabels(double least, double most)
    {
        var centers = Embeddings[..(K * d)];
        var bounds = new SizeBounds(N, [.. Enumerable.Repeat((int)(least * N / K), K)], [.. Enumerable.Repeat((int)(most * N / K), K)]);
        var expected = ExactSizes.Assign(Embeddings, d, centers, bounds);
        Assert.All(Places, rows =>
        {
            var sized = ExactSizes.Assign(rows, centers, bounds, threads: 2);
            Assert.Equal(expected.Labels, sized.Labels);
            Assert.Equal((expected.SimilaritySum, expected.Bound, expected.Passes), (sized.SimilaritySum, sized.Bound, sized.Passes));
        });
    }

    [Fact]
    public void Compute_RowsInAnyPlace_GivesTheSameBound()
    {
        var plan = Problem.Plan(N, d, 100, new HeadOptions { ClusterCount = K, MinimumSizeRatio = 0.8 });
        var centers = Embeddings[..(K * d)];
        var expected = LagrangianBound.Compute(plan, Embeddings, N, centers, passes: 3);
        Assert.All(Places, rows =>
        {
            var bound = LagrangianBound.Compute(plan, rows, centers, passes: 3, threads: 2);
            Assert.Equal(expected.Value, bound.Value);
            Assert.Equal(expected.Duals, bound.Duals);
        });
    }

    [Fact]
    public void MeanSimilarity_RowsInAnyPlace_IsTheSameToTheLastBit()
    {
        var centers = Embeddings[..(K * d)];
        int[] labels = [.. Enumerable.Range(0, N).Select(row => row * 7 % K)];
        var expected = ClusterQuality.MeanSimilarity(Embeddings, d, labels, centers);
        Assert.All(Places, rows => Assert.Equal(expected, ClusterQuality.MeanSimilarity(rows, labels, centers)));
    }

    [Fact]
    public void Validate_WrongRowInALaterBatch_IsNamedByItsNumber()
    {
        var values = Embeddings.ToArray();
        values[(5000 * d) + 3] = float.NaN;
        var error = Assert.Throws<InvalidEmbeddingsException>(() => EmbeddingCheck.Validate(new CopiedRows(values, d), views: 1));
        Assert.Equal("embeddings[5000][3]", error.Field);
    }

    static float[] Rows()
    {
        var random = new SeededRandom(7);
        var values = new float[N * d];
        for (var row = 0; row < N; row++)
        {
            double[] x = [.. Enumerable.Range(0, d).Select(i => (i == row % 3 ? 12 : 0) + random.NextNormal())];
            UnitVector.Normalize(x, x);
            UnitVector.Round(x, values.AsSpan(row * d, d));
        }

        return values;
    }
}
