namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The work that fits into registers: 12 rows against one panel of 32 clusters. Rows are packed [d][12], panels [d][32]; every lane of a
/// row keeps its own best score and cluster until all panels are done. Or, where similarities are asked for, they are written and nothing
/// else is done.
/// </summary>
unsafe ref struct Tile
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 12;

    /// <summary>Clusters of a panel.</summary>
    public const int Clusters = 32;

    /// <summary>Running bests of one row; a narrower path uses the first few.</summary>
    public const int Lanes = 16;

    /// <summary>12 rows, packed [d][12].</summary>
    public float* Embeddings;

    /// <summary>32 centers, packed [d][32].</summary>
    public float* Centers;

    /// <summary>32 duals; minus infinity where there is no cluster.</summary>
    public float* Duals;

    /// <summary>The first cluster of the panel.</summary>
    public int FirstCluster;

    /// <summary>d.</summary>
    public int Dimension;

    /// <summary>12 x 16 best scores so far, updated.</summary>
    public float* BestScores;

    /// <summary>12 x 16 clusters of those, updated.</summary>
    public int* BestClusters;

    /// <summary>Null, or where the 32 plain x . c of the first row go; then neither duals nor bests are touched.</summary>
    public float* Similarities;

    /// <summary>From one row's similarities to the next row's, in floats.</summary>
    public long SimilarityStride;
}
