using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>What one thread needs to score a chunk of rows: the rows packed for the tiles, and the running bests of every lane.</summary>
sealed unsafe class ScoringScratch(int dimension) : IDisposable
{
    /// <summary>Tiles of a chunk: few enough that packed rows and bests stay in the second-level cache while all panels pass by.</summary>
    public const int Tiles = 8;

    readonly AlignedMemory<float> _embeddings = new((long)Tiles * Tile.Rows * dimension);
    readonly AlignedMemory<float> _scores = new(Tiles * Tile.Rows * Tile.Lanes);
    readonly AlignedMemory<int> _clusters = new(Tiles * Tile.Rows * Tile.Lanes);

    public float* Embeddings(int tile) => _embeddings.Pointer + (long)tile * Tile.Rows * dimension;

    public float* Scores(int tile) => _scores.Pointer + tile * Tile.Rows * Tile.Lanes;

    public int* Clusters(int tile) => _clusters.Pointer + tile * Tile.Rows * Tile.Lanes;

    /// <summary>
    /// Packs rows x d, row-major, as tiles of [d][12]; rows that are missing in the last tile are zero. Forgets all bests.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(float* rowMajor, int rows, int tiles)
    {
        for (var tile = 0; tile < tiles; tile++)
        {
            var packed = Embeddings(tile);
            for (var i = 0; i < Tile.Rows; i++)
            {
                var row = tile * Tile.Rows + i;
                var x = rowMajor + (long)row * dimension;
                for (var j = 0; j < dimension; j++)
                    packed[(long)j * Tile.Rows + i] = row < rows ? x[j] : 0;
            }
        }

        new Span<float>(_scores.Pointer, tiles * Tile.Rows * Tile.Lanes).Fill(float.NegativeInfinity);
        new Span<int>(_clusters.Pointer, tiles * Tile.Rows * Tile.Lanes).Clear();
    }

    /// <summary>The best of a row's lanes; of equal scores the lowest cluster.</summary>
    public (int Cluster, float Score) Best(int row)
    {
        var s = _scores.Pointer + row * Tile.Lanes;
        var k = _clusters.Pointer + row * Tile.Lanes;
        var (cluster, score) = (k[0], s[0]);
        for (var lane = 1; lane < Tile.Lanes; lane++)
        {
            if (s[lane] > score || (s[lane] == score && k[lane] < cluster))
                (cluster, score) = (k[lane], s[lane]);
        }

        return (cluster, score);
    }

    public void Dispose()
    {
        _embeddings.Dispose();
        _scores.Dispose();
        _clusters.Dispose();
    }
}
