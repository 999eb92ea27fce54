using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Initial centers for ready-made features: rows far from each other, by greedy k-means++ (Arthur and Vassilvitskii 2007), which twenty
/// passes need to reach what a converged k-means reaches. Candidates are drawn and scored in rounds, and a round yields several centers.
/// Equal seeds give equal rows, whatever the number of threads and the processor.
/// </summary>
public static class SpreadCenters
{
    const int SmallestSample = 16_384;
    const int SamplePerCluster = 8;

    // Candidates per center are reduced where they would take more than a second or two in all.
    const double MostProducts = 1e11;

    // While centers are few, each changes where the next should be drawn: a round then yields at most so small a share of those there are.
    const int CentersPerAddition = 8;

    /// <summary>Chooses K rows: K x d, row-major.</summary>
    /// <param name="embeddings">Rows x d, row-major, what will be clustered: unit vectors.</param>
    /// <param name="rows">N, at least 1.</param>
    /// <param name="dimension">d.</param>
    /// <param name="clusterCount">K; rows are repeated where there are not as many different ones.</param>
    /// <param name="random">Draws sample and candidates.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    public static float[] Choose(
        ReadOnlyMemory<float> embeddings,
        int rows,
        int dimension,
        int clusterCount,
        SeededRandom random,
        int threads = 1
    )
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)rows * dimension);
        return Choose(new MemoryRows(embeddings, dimension), clusterCount, random, threads);
    }

    /// <summary>As above, of rows wherever they are: the same rows of the same numbers. A sample of them is read.</summary>
    /// <param name="source">N rows, at least 1: unit vectors.</param>
    /// <param name="clusterCount">K; rows are repeated where there are not as many different ones.</param>
    /// <param name="random">Draws sample and candidates.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    /// <exception cref="InvalidFileException">A file of rows can no longer be read.</exception>
    public static float[] Choose(RowSource source, int clusterCount, SeededRandom random, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clusterCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        var (rows, K, d) = (source.Rows, clusterCount, source.Dimension);
        var size = (int)Math.Min(rows, Math.Max(SmallestSample, (long)SamplePerCluster * K));
        var chosen = random.Permutation(rows).AsSpan(0, size); // the sample is in random order
        var perCenter = Math.Clamp((int)(MostProducts / ((double)size * K * d)), 1, 2 + (int)Math.Log(K));

        using var sample = new SpreadSample(source, chosen, threads);
        var centers = new float[K * d];
        Span<int> candidates = stackalloc int[SpreadSample.Candidates];
        for (var k = 0; k < K;)
        {
            var round = Math.Min(K - k, Math.Clamp(k / CentersPerAddition, 1, SpreadSample.Candidates / perCenter));
            for (var c = 0; c < round * perCenter; c++)
                candidates[c] = k == 0 ? 0 : sample.Draw(random); // the first center is any row
            sample.Score(candidates);
            for (var c = 0; c < round; c++)
            {
                var row = sample.Take(c * perCenter, perCenter);
                source.Gather(chosen.Slice(row, 1), centers.AsSpan(k++ * d, d));
            }
        }

        return centers;
    }
}
