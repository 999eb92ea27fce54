namespace CoKe.ConstrainedKMeans;

/// <summary>One row and one cluster at a time: what the vector paths must equal, and what other processors run.</summary>
static unsafe class TileScalar
{
    public static void Score(in Tile tile)
    {
        for (var row = 0; row < Tile.Rows; row++)
        {
            var best = tile.BestScores[row * Tile.Lanes];
            var cluster = tile.BestClusters[row * Tile.Lanes];
            for (var k = 0; k < Tile.Clusters; k++)
            {
                float* x = tile.Embeddings + row,
                    c = tile.Centers + k;
                var score = 0f;
                for (var i = 0; i < tile.Dimension; i++, x += Tile.Rows, c += Tile.Clusters)
                    score = MathF.FusedMultiplyAdd(*x, *c, score);
                if (tile.Similarities is not null)
                {
                    tile.Similarities[row * tile.SimilarityStride + k] = score;
                    continue;
                }

                score += tile.Duals[k];
                if (score > best)
                    (best, cluster) = (score, tile.FirstCluster + k);
            }

            tile.BestScores[row * Tile.Lanes] = best;
            tile.BestClusters[row * Tile.Lanes] = cluster;
        }
    }
}
