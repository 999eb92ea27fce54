using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>6 rows x 2 vectors of 8 clusters in 12 of 16 registers; a tile is done in four such quarters of 6 rows x 16 clusters.</summary>
static unsafe class Tile256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score(in Tile tile)
    {
        for (var row = 0; row < Tile.Rows; row += 6)
        {
            for (var k = 0; k < Tile.Clusters; k += 16)
            {
                var similarities = tile.Similarities is null ? null : tile.Similarities + row * tile.SimilarityStride + k;
                Quarter(
                    tile.Embeddings + row,
                    tile.Centers + k,
                    tile.Duals + k,
                    tile.FirstCluster + k,
                    tile.Dimension,
                    tile.BestScores + row * Tile.Lanes,
                    tile.BestClusters + row * Tile.Lanes,
                    similarities,
                    tile.SimilarityStride
                );
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Quarter(
        float* embeddings,
        float* centers,
        float* duals,
        int first,
        int d,
        float* scores,
        int* clusters,
        float* similarities,
        long stride
    )
    {
        float* x = embeddings,
            c = centers;
        Vector256<float> a0 = default,
            a1 = default,
            a2 = default,
            a3 = default,
            a4 = default,
            a5 = default;
        Vector256<float> b0 = default,
            b1 = default,
            b2 = default,
            b3 = default,
            b4 = default,
            b5 = default;
        for (var i = 0; i < d; i++, x += Tile.Rows, c += Tile.Clusters)
        {
            Vector256<float> u = Vector256.LoadAligned(c),
                w = Vector256.LoadAligned(c + 8),
                s = Vector256.Create(x[0]);
            a0 = Vector256.FusedMultiplyAdd(s, u, a0);
            b0 = Vector256.FusedMultiplyAdd(s, w, b0);
            s = Vector256.Create(x[1]);
            a1 = Vector256.FusedMultiplyAdd(s, u, a1);
            b1 = Vector256.FusedMultiplyAdd(s, w, b1);
            s = Vector256.Create(x[2]);
            a2 = Vector256.FusedMultiplyAdd(s, u, a2);
            b2 = Vector256.FusedMultiplyAdd(s, w, b2);
            s = Vector256.Create(x[3]);
            a3 = Vector256.FusedMultiplyAdd(s, u, a3);
            b3 = Vector256.FusedMultiplyAdd(s, w, b3);
            s = Vector256.Create(x[4]);
            a4 = Vector256.FusedMultiplyAdd(s, u, a4);
            b4 = Vector256.FusedMultiplyAdd(s, w, b4);
            s = Vector256.Create(x[5]);
            a5 = Vector256.FusedMultiplyAdd(s, u, a5);
            b5 = Vector256.FusedMultiplyAdd(s, w, b5);
        }

        if (similarities is not null)
        {
            Write(a0, b0, similarities + 0 * stride);
            Write(a1, b1, similarities + 1 * stride);
            Write(a2, b2, similarities + 2 * stride);
            Write(a3, b3, similarities + 3 * stride);
            Write(a4, b4, similarities + 4 * stride);
            Write(a5, b5, similarities + 5 * stride);
            return;
        }

        Vector256<float> rhoA = Vector256.LoadAligned(duals),
            rhoB = Vector256.LoadAligned(duals + 8);
        Vector256<int> kA = Vector256.Create(first) + Vector256<int>.Indices,
            kB = kA + Vector256.Create(8);
        Keep(a0 + rhoA, b0 + rhoB, kA, kB, scores, clusters);
        Keep(a1 + rhoA, b1 + rhoB, kA, kB, scores + 1 * Tile.Lanes, clusters + 1 * Tile.Lanes);
        Keep(a2 + rhoA, b2 + rhoB, kA, kB, scores + 2 * Tile.Lanes, clusters + 2 * Tile.Lanes);
        Keep(a3 + rhoA, b3 + rhoB, kA, kB, scores + 3 * Tile.Lanes, clusters + 3 * Tile.Lanes);
        Keep(a4 + rhoA, b4 + rhoB, kA, kB, scores + 4 * Tile.Lanes, clusters + 4 * Tile.Lanes);
        Keep(a5 + rhoA, b5 + rhoB, kA, kB, scores + 5 * Tile.Lanes, clusters + 5 * Tile.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Write(Vector256<float> a, Vector256<float> b, float* similarities)
    {
        a.Store(similarities);
        b.Store(similarities + 8);
    }

    // The better of the running best and two new scores, lane by lane. Only a strictly better one replaces: the lowest cluster wins a tie.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep(Vector256<float> a, Vector256<float> b, Vector256<int> kA, Vector256<int> kB, float* scores, int* clusters)
    {
        var best = Vector256.LoadAligned(scores);
        var k = Vector256.LoadAligned(clusters);
        var better = Vector256.GreaterThan(a, best);
        best = Vector256.ConditionalSelect(better, a, best);
        k = Vector256.ConditionalSelect(better.AsInt32(), kA, k);
        better = Vector256.GreaterThan(b, best);
        Vector256.ConditionalSelect(better, b, best).StoreAligned(scores);
        Vector256.ConditionalSelect(better.AsInt32(), kB, k).StoreAligned(clusters);
    }
}
