namespace CoKe.Grains.Placement;

/// <summary>Which clusters of a head some of its blocks have, and how they are numbered where those are: from 0, in order of k.</summary>
sealed class ShareRange
{
    readonly int _clustersPerBlock;
    readonly int[] _blocks;
    readonly int[] _starts; // per block here, and one more
    readonly int[] _startOf; // per block of the head; -1: elsewhere

    /// <param name="clusters">K.</param>
    /// <param name="clustersPerBlock">Clusters of one block.</param>
    /// <param name="blocks">The blocks here, ascending.</param>
    public ShareRange(int clusters, int clustersPerBlock, int[] blocks)
    {
        (_clustersPerBlock, _blocks) = (clustersPerBlock, blocks);
        _starts = new int[blocks.Length + 1];
        _startOf = new int[(clusters + clustersPerBlock - 1) / clustersPerBlock];
        Array.Fill(_startOf, -1);
        for (var i = 0; i < blocks.Length; i++)
        {
            _startOf[blocks[i]] = _starts[i];
            _starts[i + 1] = _starts[i] + Math.Min(clustersPerBlock, clusters - FirstCluster(i));
        }

        Clusters = new int[_starts[^1]];
        for (var i = 0; i < blocks.Length; i++)
            for (var j = 0; j < Count(i); j++)
                Clusters[_starts[i] + j] = FirstCluster(i) + j;
    }

    /// <summary>The clusters k here, ascending.</summary>
    public int[] Clusters { get; }

    /// <summary>The first cluster of the i-th block here.</summary>
    public int FirstCluster(int i) => _blocks[i] * _clustersPerBlock;

    /// <summary>The number here of the first cluster of the i-th block.</summary>
    public int Start(int i) => _starts[i];

    /// <summary>Clusters of the i-th block here.</summary>
    public int Count(int i) => _starts[i + 1] - _starts[i];

    /// <summary>Rows of these clusters, in order.</summary>
    /// <param name="all">K x d, one row for each cluster of the head.</param>
    /// <param name="dimension">d.</param>
    public float[] RowsOf(ReadOnlySpan<float> all, int dimension)
    {
        var rows = new float[Clusters.Length * dimension];
        for (var i = 0; i < Clusters.Length; i++)
            all.Slice(Clusters[i] * dimension, dimension).CopyTo(rows.AsSpan(i * dimension));
        return rows;
    }

    /// <summary>The number here of a cluster k; -1 when it is elsewhere.</summary>
    public int Number(int cluster) =>
        _startOf[cluster / _clustersPerBlock] is >= 0 and var start ? start + (cluster % _clustersPerBlock) : -1;
}
