using CoKe.Client.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Clustering;

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
    const long Process = 16_000_000, Silo = 64_000_000;

    // A session keeps so many mini-batches until they are durable; see SessionOptions.Window.
    const int KeptBatches = 200;

    // Centers that begin, move, are frozen and returned (float32), and the sum (float64) of every cluster.
    const int BytesPerCenterValue = 24;

    // In the silo also the block's and the snapshots of them.
    const int BytesPerCenterValueInside = 72;

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

    /// <summary>Bytes of the features as float32.</summary>
    public long Features => sizeof(float) * Rows * Dimension;

    /// <summary>Bytes in all.</summary>
    public long Bytes => Features + _process + Passes + Sizes + (IsHeapLimited ? 0 : Beside);

    // A limit on the heap counts nothing beside it; any other limit is one on the process.
    static bool IsHeapLimited => GC.GetConfigurationVariables().TryGetValue("GCHeapHardLimit", out var limit) && Convert.ToInt64(limit) > 0;

    long Centers => _clusterCounts.Sum(count => (long)count * Dimension);

    // The order of rows, when each was seen, and three labels of it per head; sums of a mini-batch live until the next collection.
    long Passes => _by is not { } by ? 0
        : (Rows * (16 + (12L * _clusterCounts.Count)))
            + (Centers * (by == ClusteredBy.SiloInside ? BytesPerCenterValueInside : BytesPerCenterValue))
            + (sizeof(float) * Dimension * Math.Min(Rows, by == ClusteredBy.Library ? _batch : (long)KeptBatches * _batch))
            + (2L * sizeof(double) * Dimension * _clusterCounts.Sum(count => Math.Min(count, Math.Min(_batch, Rows))));

    // Of the largest head.
    long Sizes => ExactSizes.Memory(Rows, _clusterCounts.Max());

    // The sample from which centers are spread, packed.
    long Beside => !_spread ? 0
        : sizeof(float) * (Dimension + 40L) * _clusterCounts.Max(count => Math.Min(Rows, Math.Max(16_384, 8L * count)));

    /// <summary>The need of passes and exact sizes.</summary>
    public static MemoryNeed Of(ClusteringOptions clustering, ClusteredBy by, bool spread) => new(
        clustering.ImageCount, clustering.Dimension, [.. clustering.Heads.Select(head => head.ClusterCount)], by, clustering.BatchSize,
        spread,
        by == ClusteredBy.Library ? Process : by == ClusteredBy.SiloElsewhere ? Silo / 2 : Silo);

    /// <summary>The need of exact sizes alone, for centers that are there.</summary>
    public static MemoryNeed OfSizes(long rows, int dimension, IReadOnlyList<int> clusterCounts, bool siloInside) =>
        new(rows, dimension, clusterCounts, null, 0, false, siloInside ? Silo : Silo / 2);

    /// <summary>Refuses what this process may not use.</summary>
    /// <param name="path">The features.</param>
    /// <exception cref="InvalidFileException">It is too much; says how much, and what would fit.</exception>
    public void Check(string path)
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Bytes <= limit) return;
        var fits = RowsWithin(limit);
        var remedy = fits >= _clusterCounts.Max() ? $"take {fits:N0} rows at most, as x[:{fits}], or {Others}" : $"not even few rows would fit: {Others}";
        throw NpyFile.Refuse(path, $"{Bytes} bytes",
            $"needs {Bytes:N0} bytes of memory, {Features:N0} for its features as float32 and {Bytes - Features:N0} to cluster them, "
            + $"and this process may use {limit:N0}: {remedy}.");
    }

    string Others => _by is null ? "leave out --with-sizes, which reads the rows in batches" : "give the process more memory";

    // The need grows with the rows.
    long RowsWithin(long limit)
    {
        long fits = 0, exceeds = Rows;
        while (exceeds - fits > 1)
        {
            var middle = fits + ((exceeds - fits) / 2);
            if ((this with { Rows = middle }).Bytes <= limit) fits = middle;
            else exceeds = middle;
        }

        return fits;
    }
}
