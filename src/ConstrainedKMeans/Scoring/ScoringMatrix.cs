using System.Collections.Concurrent;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Step 1: y = argmax_k (x . c_k + rho_k) (eqn 10) over centers packed for vector registers; scores are compared as they are made, nothing
/// of size rows x K is written. A score is the ascending-d chain of float32 fused multiply-adds from zero, then one addition of the dual as
/// float32; of equal scores the lowest cluster wins. Every processor and number of threads gives the same bits. Not safe for a writer
/// beside anyone else.
/// </summary>
public sealed unsafe class ScoringMatrix : IDisposable
{
    readonly ScoringPath _path;
    readonly int _panels;
    readonly AlignedMemory<float> _packed; // [K / 32][d][32]
    readonly AlignedMemory<float> _rho;
    readonly Dual[] _duals;
    readonly double[] _pushes;
    readonly ConcurrentBag<ScoringScratch> _idle = [];

    /// <summary>Packs the centers; all duals are 0.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="centers">K x d, row-major.</param>
    public ScoringMatrix(HeadPlan plan, ReadOnlySpan<float> centers)
        : this(plan, centers, ScoringPaths.Best) { }

    /// <summary>Holds some of a head's clusters, which are numbered here from 0; centers and duals are 0 until they are set.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="clusters">n indices k, ascending: of equal scores the lowest number here is the lowest k.</param>
    public ScoringMatrix(HeadPlan plan, ReadOnlySpan<int> clusters)
        : this(clusters.Length, plan.Dimension, ScoringPaths.Best)
    {
        for (var i = 0; i < clusters.Length; i++)
            _pushes[i] = plan.PushPerRow(clusters[i]);
    }

    internal ScoringMatrix(HeadPlan plan, ReadOnlySpan<float> centers, ScoringPath path)
        : this(centers, plan.Dimension, path)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ClusterCount, plan.ClusterCount);
        for (var k = 0; k < ClusterCount; k++)
            _pushes[k] = plan.PushPerRow(k);
    }

    /// <summary>Packs centers that belong to no run: their duals stay as they are set.</summary>
    internal ScoringMatrix(ReadOnlySpan<float> centers, int dimension, ScoringPath path)
        : this(centers.Length / dimension, dimension, path)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(centers.Length, (long)ClusterCount * Dimension);
        for (var k = 0; k < ClusterCount; k++)
            SetCenter(k, centers.Slice(k * Dimension, Dimension));
    }

    ScoringMatrix(int clusters, int dimension, ScoringPath path)
    {
        (ClusterCount, Dimension, _path) = (clusters, dimension, path);
        _panels = (ClusterCount + Tile.Clusters - 1) / Tile.Clusters;
        _packed = new((long)_panels * Tile.Clusters * Dimension);
        _rho = new(_panels * Tile.Clusters);
        new Span<float>(_rho.Pointer, _panels * Tile.Clusters)[ClusterCount..].Fill(float.NegativeInfinity); // padding never wins
        _duals = new Dual[ClusterCount];
        _pushes = new double[ClusterCount];
    }

    /// <summary>K.</summary>
    public int ClusterCount { get; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>The duals as last set.</summary>
    public ReadOnlySpan<Dual> Duals => _duals;

    /// <summary>Replaces one center, d values.</summary>
    public void SetCenter(int cluster, ReadOnlySpan<float> center)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(center.Length, Dimension);
        var lane = Lane(cluster);
        for (var i = 0; i < center.Length; i++)
            lane[(long)i * Tile.Clusters] = center[i];
    }

    /// <summary>Copies one center out, d values.</summary>
    public void GetCenter(int cluster, Span<float> center)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(center.Length, Dimension);
        var lane = Lane(cluster);
        for (var i = 0; i < center.Length; i++)
            center[i] = lane[(long)i * Tile.Clusters];
    }

    /// <summary>Replaces one dual.</summary>
    public void SetDual(int cluster, Dual dual) => _duals[cluster] = dual;

    /// <summary>Labels every row. Returns when all is done; the thread pool may be busy.</summary>
    /// <param name="embeddings">Rows x d, row-major; finite.</param>
    /// <param name="rows">Rows to label.</param>
    /// <param name="rowClock">Rows of the whole run before these: the duals are taken at this moment.</param>
    /// <param name="labels">Receives the cluster of each row.</param>
    /// <param name="similarities">Receives x . c of each row's cluster, the dual taken off again; empty when not wanted.</param>
    /// <param name="threads">Threads to use at most, the caller among them.</param>
    public void Assign(
        ReadOnlyMemory<float> embeddings,
        int rows,
        long rowClock,
        Memory<int> labels,
        Memory<float> similarities,
        int threads
    ) => Assign(embeddings.Span, rows, rowClock, labels.Span, similarities.Span, threads);

    /// <summary>As above, for spans: the call returns only when no thread reads or writes them any more.</summary>
    public void Assign(ReadOnlySpan<float> embeddings, int rows, long rowClock, Span<int> labels, Span<float> similarities, int threads) =>
        Assign(embeddings, rows, rowClock, labels, default, similarities, threads);

    /// <summary>As above, and tells the scores: what the best clusters of several matrices are compared by.</summary>
    /// <param name="embeddings">Rows x d, row-major; finite.</param>
    /// <param name="rows">Rows to label.</param>
    /// <param name="rowClock">Rows of the whole run before these.</param>
    /// <param name="labels">Receives the cluster of each row.</param>
    /// <param name="scores">Receives x . c + rho of each row's cluster, as it was compared; empty when not wanted.</param>
    /// <param name="similarities">Receives x . c of each row's cluster; empty when not wanted.</param>
    /// <param name="threads">Threads to use at most, the caller among them.</param>
    public void Assign(
        ReadOnlySpan<float> embeddings,
        int rows,
        long rowClock,
        Span<int> labels,
        Span<float> scores,
        Span<float> similarities,
        int threads
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)rows * Dimension);
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Length, rows);
        if (!scores.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, rows);
        if (!similarities.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(similarities.Length, rows);
        for (var k = 0; k < _duals.Length; k++)
            _rho.Pointer[k] = (float)_duals[k].At(rowClock, _pushes[k]);
        fixed (
            float* x = embeddings,
                best = scores,
                s = similarities
        )
        fixed (int* y = labels)
        {
            new ScoringPass(this, x, rows, ChunkRows(rows, threads), y, best, s).Run(threads);
        }

        GC.KeepAlive(this); // pointers alone would not hold the memory
    }

    /// <summary>Frees the packed matrix; no call may be under way.</summary>
    public void Dispose()
    {
        _packed.Dispose();
        _rho.Dispose();
        while (_idle.TryTake(out var scratch))
            scratch.Dispose();
    }

    internal ScoringScratch RentScratch() => _idle.TryTake(out var scratch) ? scratch : new ScoringScratch(Dimension);

    internal void ReturnScratch(ScoringScratch scratch) => _idle.Add(scratch);

    /// <summary>Labels one chunk: every panel of centers is read once and meets every tile of rows, which stay in cache.</summary>
    internal void Score(ScoringScratch scratch, float* embeddings, int rows, int* labels, float* scores, float* similarities)
    {
        var tiles = (rows + Tile.Rows - 1) / Tile.Rows;
        scratch.Load(embeddings, rows, tiles);
        for (var panel = 0; panel < _panels; panel++)
        {
            for (var t = 0; t < tiles; t++)
            {
                Score(
                    new Tile
                    {
                        Embeddings = scratch.Embeddings(t),
                        Centers = _packed.Pointer + (long)panel * Tile.Clusters * Dimension,
                        Duals = _rho.Pointer + panel * Tile.Clusters,
                        FirstCluster = panel * Tile.Clusters,
                        Dimension = Dimension,
                        BestScores = scratch.Scores(t),
                        BestClusters = scratch.Clusters(t),
                    }
                );
            }
        }

        for (var row = 0; row < rows; row++)
        {
            var (cluster, score) = scratch.Best(row);
            labels[row] = cluster;
            if (scores is not null)
                scores[row] = score;
            if (similarities is not null)
                similarities[row] = score - _rho.Pointer[cluster];
        }
    }

    /// <summary>Rows that <see cref="Similarities"/> takes at most.</summary>
    internal static int LargestChunk => ScoringScratch.Tiles * Tile.Rows;

    /// <summary>K, rounded up to whole panels: the length of a row of similarities.</summary>
    internal int PaddedClusterCount => _panels * Tile.Clusters;

    /// <summary>
    /// The plain x . c of a chunk of rows and every center, without duals: as many bits as
    /// <see cref="Assign(ReadOnlySpan{float}, int, long, Span{int}, Span{float}, int)"/> compares. Any number of threads may call it at
    /// once.
    /// </summary>
    /// <param name="embeddings">Rows x d.</param>
    /// <param name="rows">At most <see cref="LargestChunk"/>.</param>
    /// <param name="similarities">
    /// Receives rows x <see cref="PaddedClusterCount"/>; has room for whole tiles of 12 rows. What lies beyond K means nothing.
    /// </param>
    internal void Similarities(ReadOnlySpan<float> embeddings, int rows, float* similarities)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)rows * Dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, LargestChunk);
        var scratch = RentScratch();
        var tiles = (rows + Tile.Rows - 1) / Tile.Rows;
        fixed (float* x = embeddings)
            scratch.Load(x, rows, tiles);
        for (var panel = 0; panel < _panels; panel++)
        {
            for (var t = 0; t < tiles; t++)
            {
                Score(
                    new Tile
                    {
                        Embeddings = scratch.Embeddings(t),
                        Centers = _packed.Pointer + (long)panel * Tile.Clusters * Dimension,
                        Dimension = Dimension,
                        Similarities = similarities + (long)t * Tile.Rows * PaddedClusterCount + panel * Tile.Clusters,
                        SimilarityStride = PaddedClusterCount,
                    }
                );
            }
        }

        ReturnScratch(scratch);
        GC.KeepAlive(this);
    }

    void Score(in Tile tile)
    {
        if (_path == ScoringPath.Vector512)
            Tile512.Score(tile);
        else if (_path == ScoringPath.Vector256)
            Tile256.Score(tile);
        else
            TileScalar.Score(tile);
    }

    // Whole tiles, at most a scratch full, and no thread without work when the batch is small.
    static int ChunkRows(int rows, int threads)
    {
        var share = (rows + threads - 1) / threads;
        return Math.Clamp((share + Tile.Rows - 1) / Tile.Rows, 1, ScoringScratch.Tiles) * Tile.Rows;
    }

    float* Lane(int cluster)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)cluster, (uint)ClusterCount);
        return _packed.Pointer + (long)(cluster / Tile.Clusters) * Tile.Clusters * Dimension + cluster % Tile.Clusters;
    }
}
