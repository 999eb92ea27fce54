using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The best labels under size bounds for fixed centers (eqn 6 with g_k &lt;= n_k &lt;= u_k): a step after the online passes, which only
/// approach their minimums. Sharing N rows out among K clusters is a min-cost flow whose only large side is rows.
/// </summary>
/// <remarks>
/// A pass puts every row at a best cluster at the prices so far and keeps those near a boundary (<see cref="PricePass"/>); on these the
/// prices are improved (<see cref="DualNewton"/>) and rows moved along shortest paths (<see cref="SizeFlow"/>), as far as one can see
/// from the rows that were kept. When a pass finds every row at a best cluster and every size in balance with its price, the labels are
/// the best there are: the sum of similarities equals the Lagrangian bound, to the last bit of float32 similarities. Deterministic,
/// whatever the number of threads.
/// </remarks>
public static class ExactSizes
{
    // Prices are looked for on samples first where more than one of so many rows is in a wrong place.
    const int FarOff = 20;

    // A sample has one row of four of the next larger one, and at least so many for each cluster.
    const int StrideFactor = 4,
        LeastRowsPerCluster = 8;

    // On a sample prices need not fit to the last row, nor may it take longer than some passes over all rows.
    const int SampleFits = 200,
        PassesPerSample = 4;

    /// <summary>Shares the rows out. The bounds are always met; the result is the optimum unless the effort ends first.</summary>
    /// <param name="embeddings">Rows x d, row-major, finite, of norm 1 or less and not 0.</param>
    /// <param name="dimension">d.</param>
    /// <param name="centers">K x d, row-major, as the rows.</param>
    /// <param name="bounds">Sizes for these rows and this K.</param>
    /// <param name="startPrices">K duals to begin with, for instance those of the last pass; empty: none are known.</param>
    /// <param name="effort">How long it may search for the optimum; null: what fits the size of the problem.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    /// <param name="cancellation">Stops within a pass, not between two.</param>
    /// <exception cref="InvalidEmbeddingsException">A row or a center is not finite, zero, or of a norm above 1.</exception>
    public static SizedAssignment Assign(
        ReadOnlyMemory<float> embeddings,
        int dimension,
        ReadOnlySpan<float> centers,
        SizeBounds bounds,
        ReadOnlySpan<double> startPrices = default,
        SizeEffort? effort = null,
        int threads = 1,
        CancellationToken cancellation = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)bounds.Rows * dimension);
        return Assign(new MemoryRows(embeddings, dimension), centers, bounds, startPrices, effort, threads, cancellation);
    }

    /// <summary>As above, of rows wherever they are, to the same bits. Each pass reads them once, in order.</summary>
    /// <param name="rows">N rows, finite, of norm 1 or less and not 0.</param>
    /// <param name="centers">K x d, row-major, as the rows.</param>
    /// <param name="bounds">Sizes for these rows and this K.</param>
    /// <param name="startPrices">K duals to begin with, for instance those of the last pass; empty: none are known.</param>
    /// <param name="effort">How long it may search for the optimum; null: what fits the size of the problem.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    /// <param name="cancellation">Stops within a pass, not between two.</param>
    /// <exception cref="InvalidEmbeddingsException">A row or a center is not finite, zero, or of a norm above 1.</exception>
    /// <exception cref="InvalidFileException">A file of rows can no longer be read.</exception>
    public static SizedAssignment Assign(
        RowSource rows,
        ReadOnlySpan<float> centers,
        SizeBounds bounds,
        ReadOnlySpan<double> startPrices = default,
        SizeEffort? effort = null,
        int threads = 1,
        CancellationToken cancellation = default
    )
    {
        var dimension = rows.Dimension;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Rows, bounds.Rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(centers.Length, (long)bounds.ClusterCount * dimension);
        if (!startPrices.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(startPrices.Length, bounds.ClusterCount);
        // As means of views: of norm 1 or less, finite, and not 0.
        EmbeddingCheck.Validate(rows, views: 2, cancellation);
        EmbeddingCheck.Validate(centers, bounds.ClusterCount, dimension, views: 2);
        effort ??= SizeEffort.For(bounds.Rows, bounds.ClusterCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effort.Passes);

        using var matrix = new ScoringMatrix(centers, dimension, ScoringPaths.Best);
        var contenders = new Contenders(bounds.Rows, bounds.ClusterCount);
        using var pass = new PricePass(rows, matrix, new RowSample(bounds.Rows, 1), threads, cancellation);
        var search = new SizeSearch(bounds, pass, contenders);
        search.StartAt(StartOf(startPrices, bounds), effort.Passes);
        var prices = search.Prices;
        for (var stride = CoarsestStride(search.Imbalance, bounds); stride > 1; stride /= StrideFactor)
        {
            var passes = Math.Min(PassesPerSample, effort.Passes - pass.Passes - SizeSearch.PassesOfATrial) * stride;
            if (passes < 1)
                break;
            var sample = new RowSample(bounds.Rows, stride);
            using var samplePass = new PricePass(rows, matrix, sample, threads, cancellation);
            var coarse = new SizeSearch(bounds.Scaled(sample.Count), samplePass, contenders);
            coarse.StartAt(prices, passes);
            coarse.Approach(sample.Count / SampleFits, passes);
            prices = coarse.Prices;
            pass.Charge((samplePass.Passes + stride - 1) / stride);
        }

        if (prices != search.Prices)
            search.Try(prices);
        search.Approach(imbalance: 0, effort.Passes);
        return search.Result();
    }

    /// <summary>Bytes that a search takes at most beyond rows and centers, its labels among them.</summary>
    /// <param name="rows">N.</param>
    /// <param name="clusterCount">K.</param>
    public static long Memory(long rows, int clusterCount)
    {
        long K = clusterCount,
            room = Contenders.RoomFor(rows, clusterCount);
        // Contenders and what the prices' search keeps of them; labels, and costs and targets of a repair; with each two entries at most
        // one move between two clusters; and the chunks in hand, each with the entries of its rows.
        return (8 * room)
            + (24 * Math.Min(rows, room / 2))
            + (12 * rows)
            + (12 * Math.Min(room / 2, K * K))
            + (8 * Math.Min(room, PricePass.FewestChunksTogether * ScoringMatrix.LargestChunk * K));
    }

    /// <summary>Bytes of rows that are in hand at once where they do not lie in memory.</summary>
    /// <param name="dimension">d.</param>
    /// <param name="threads">Threads that score.</param>
    public static long BatchMemory(int dimension, int threads) => (long)sizeof(float) * ScoringMatrix.LargestChunk * dimension * threads;

    // 1: no samples, because prices are near already or samples would be too small.
    static int CoarsestStride(long imbalance, SizeBounds bounds)
    {
        var stride = 1;
        if (imbalance <= bounds.Rows / FarOff)
            return stride;
        while (bounds.Rows / (stride * StrideFactor) >= (long)LeastRowsPerCluster * bounds.ClusterCount)
            stride *= StrideFactor;
        return stride;
    }

    static long[] StartOf(ReadOnlySpan<double> given, SizeBounds bounds)
    {
        var prices = new long[bounds.ClusterCount];
        for (var k = 0; k < given.Length; k++)
        {
            var price = double.IsNaN(given[k]) ? 0 : Math.Clamp(given[k], -PricePass.LargestPrice, PricePass.LargestPrice);
            prices[k] = FixedPoint.Of(bounds.HasMaximums ? price : Math.Max(0, price));
        }

        return prices;
    }
}
