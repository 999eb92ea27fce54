using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Clustering;

/// <summary>Who clusters, and so what of it is in this process.</summary>
enum ClusteredBy
{
    /// <summary>The mathematics library.</summary>
    Library,

    /// <summary>The actors of a silo in this process.</summary>
    SiloInside,

    /// <summary>The actors of a silo elsewhere; this process feeds it.</summary>
    SiloElsewhere,
}

/// <summary>
/// How much memory a command will need at its peak, estimated before it reads the features: a refusal with numbers is better than an abort
/// in the last pass. What is measured lies below the estimate, by some tenths at most where features are large.
/// </summary>
sealed record MemoryNeed
{
    // The runtime, the command line, what a pass allocates and drops; a silo and its connections.
    const long Process = 16_000_000,
        Silo = 64_000_000;

    // A session keeps so many mini-batches until they are durable; see SessionOptions.Window.
    const int KeptBatches = 200;

    // Centers that begin, move, are frozen and returned (float32), and the sum (float64) of every cluster.
    const int BytesPerCenterValue = 24;

    // In the silo also the block's and the snapshots of them.
    const int BytesPerCenterValueInside = 72;

    // Two labels, the pair, and how often it occurs, in lists that grow.
    const long BytesPerComparison = 40;

    readonly IReadOnlyList<int> _clusterCounts;
    readonly ClusteredBy? _by;
    readonly int _batch;
    readonly bool _spread;
    readonly long _process;

    MemoryNeed(long rows, int dimension, IReadOnlyList<int> clusterCounts, ClusteredBy? by, int batch, bool spread, long process) =>
        (Rows, Dimension, _clusterCounts, _by, _batch, _spread, _process) = (rows, dimension, clusterCounts, by, batch, spread, process);

    /// <summary>N.</summary>
    public long Rows { get; private init; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>Whether the rows stay in their files, and only batches of them are in memory.</summary>
    public bool InFiles { get; init; }

    /// <summary>Bytes of the features as float32, or of what is held of them.</summary>
    public long Features => InFiles ? Batches : sizeof(float) * Rows * Dimension;

    /// <summary>Bytes in all.</summary>
    public long Bytes => Features + _process + Passes + Sizes + (IsHeapLimited ? 0 : Beside);

    // What reading takes, a mini-batch that is read ahead, and what every thread scores in the step for exact sizes.
    long Batches =>
        FileRows.Memory(Rows, Dimension, Environment.ProcessorCount)
        + (sizeof(float) * (long)Dimension * Math.Min(Rows, _batch))
        + ExactSizes.BatchMemory(Dimension, Environment.ProcessorCount);

    // A limit on the heap counts nothing beside it; any other limit is one on the process.
    static bool IsHeapLimited => GC.GetConfigurationVariables().TryGetValue("GCHeapHardLimit", out var limit) && Convert.ToInt64(limit) > 0;

    long Centers => _clusterCounts.Sum(count => (long)count * Dimension);

    // The order of rows, when each was seen, and four labels of it per head; sums of a mini-batch live until the next collection. At the
    // end of a pass the labels are compared with those before.
    long Passes =>
        _by is not { } by
            ? 0
            : (Rows * (16 + (16L * _clusterCounts.Count)))
                + (by == ClusteredBy.SiloElsewhere ? 0 : BytesPerComparison * Math.Min(Rows, JointCounts.MostImages))
                + (Centers * (by == ClusteredBy.SiloInside ? BytesPerCenterValueInside : BytesPerCenterValue))
                + (sizeof(float) * (long)Dimension * Math.Min(Rows, by == ClusteredBy.Library ? _batch : (long)KeptBatches * _batch))
                + (2L * sizeof(double) * Dimension * _clusterCounts.Sum(count => Math.Min(count, Math.Min(_batch, Rows))));

    // Of the largest head.
    long Sizes => ExactSizes.Memory(Rows, _clusterCounts.Max());

    // The sample from which centers are spread, packed.
    long Beside =>
        !_spread ? 0 : sizeof(float) * (Dimension + 40L) * _clusterCounts.Max(count => Math.Min(Rows, Math.Max(16_384, 8L * count)));

    /// <summary>The need of passes and exact sizes.</summary>
    public static MemoryNeed Of(ClusteringOptions clustering, ClusteredBy by, bool spread) =>
        new(
            clustering.ImageCount,
            clustering.Dimension,
            [.. clustering.Heads.Select(head => head.ClusterCount)],
            by,
            clustering.BatchSize,
            spread,
            by == ClusteredBy.Library ? Process
                : by == ClusteredBy.SiloElsewhere ? Silo / 2
                : Silo
        );

    /// <summary>The need of exact sizes alone, for centers that are there.</summary>
    public static MemoryNeed OfSizes(long rows, int dimension, IReadOnlyList<int> clusterCounts, bool siloInside) =>
        new(rows, dimension, clusterCounts, null, 0, false, siloInside ? Silo : Silo / 2);

    /// <summary>Decides where the rows are, or refuses what this process may not use.</summary>
    /// <param name="input">The features.</param>
    /// <param name="wanted">What the user asks for.</param>
    /// <returns>Whether they stay in their files.</returns>
    /// <exception cref="InvalidFileException">It is too much; says how much, and what would fit.</exception>
    public bool RowsStayInFiles(FeatureInput input, RowsChoice wanted)
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        MemoryNeed held = this with { InFiles = false },
            left = this with { InFiles = true };
        if (wanted == RowsChoice.Files && input.InOrderOnly is { } file)
        {
            throw NpyFile.Refuse(
                file.Path,
                "rows",
                $"{WhyInOrder(file)}, so that its rows cannot stay in the file: leave out --rows files, or {Rewriting}."
            );
        }

        // Memory that others use now would have to be swapped out; a limit is a wall.
        if (wanted == RowsChoice.Memory && held.Bytes <= limit)
            return false;
        if (wanted == RowsChoice.Auto && held.Bytes <= Math.Min(limit, FreeMemory.Bytes))
            return false;
        if (wanted != RowsChoice.Memory && input.InOrderOnly is null && left.Bytes <= limit)
            return true;
        if (wanted == RowsChoice.Auto && held.Bytes <= limit)
            return false;
        throw wanted == RowsChoice.Memory || input.InOrderOnly is not null
            ? held.Refused(
                input,
                limit,
                wanted == RowsChoice.Memory
                    ? input.InOrderOnly is null
                        ? "leave out --rows memory: rows can stay in their files"
                        : Others
                    : $"{Rewriting}: then its rows can stay in the file"
            )
            : left.Refused(input, limit, Others);
    }

    const string Rewriting = "save it with numpy.save('features.npy', numpy.ascontiguousarray(x))";

    static string WhyInOrder(NpyMatrix file) => file.IsByColumns ? "holds columns first" : "is an archive";

    string Others => _by is null ? "leave out --with-sizes" : "give the process more memory";

    InvalidFileException Refused(FeatureInput input, long limit, string others)
    {
        var fits = RowsWithin(limit);
        var remedy =
            fits >= _clusterCounts.Max()
                ? $"take {fits:N0} rows at most, as x[:{fits}], or {others}"
                : $"not even few rows would fit: {others}";
        var parts = InFiles
            ? " even where its rows stay in their files"
            : $", {Features:N0} for its features as float32 and {Bytes - Features:N0} to cluster them";
        return NpyFile.Refuse(
            input.Path,
            $"{Bytes} bytes",
            $"needs {Bytes:N0} bytes of memory{parts}, and this process may use {limit:N0}: {remedy}."
        );
    }

    // The need grows with the rows.
    long RowsWithin(long limit)
    {
        long fits = 0,
            exceeds = Rows;
        while (exceeds - fits > 1)
        {
            var middle = fits + ((exceeds - fits) / 2);
            if ((this with { Rows = middle }).Bytes <= limit)
                fits = middle;
            else
                exceeds = middle;
        }

        return fits;
    }
}
