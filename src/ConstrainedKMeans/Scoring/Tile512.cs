using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>12 rows x 2 vectors of 16 clusters in 24 of 32 registers: two loads of centers feed 24 fused multiply-adds.</summary>
static unsafe class Tile512
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score(in Tile tile)
    {
        float* embeddings = tile.Embeddings,
            centers = tile.Centers,
            duals = tile.Duals,
            scores = tile.BestScores;
        var clusters = tile.BestClusters;
        int d = tile.Dimension,
            first = tile.FirstCluster;
        float* x = embeddings,
            c = centers;
        Vector512<float> a0 = default,
            a1 = default,
            a2 = default,
            a3 = default,
            a4 = default,
            a5 = default;
        Vector512<float> a6 = default,
            a7 = default,
            a8 = default,
            a9 = default,
            a10 = default,
            a11 = default;
        Vector512<float> b0 = default,
            b1 = default,
            b2 = default,
            b3 = default,
            b4 = default,
            b5 = default;
        Vector512<float> b6 = default,
            b7 = default,
            b8 = default,
            b9 = default,
            b10 = default,
            b11 = default;
        for (var i = 0; i < d; i++, x += Tile.Rows, c += Tile.Clusters)
        {
            Vector512<float> u = Vector512.LoadAligned(c),
                w = Vector512.LoadAligned(c + 16),
                s = Vector512.Create(x[0]);
            a0 = Vector512.FusedMultiplyAdd(s, u, a0);
            b0 = Vector512.FusedMultiplyAdd(s, w, b0);
            s = Vector512.Create(x[1]);
            a1 = Vector512.FusedMultiplyAdd(s, u, a1);
            b1 = Vector512.FusedMultiplyAdd(s, w, b1);
            s = Vector512.Create(x[2]);
            a2 = Vector512.FusedMultiplyAdd(s, u, a2);
            b2 = Vector512.FusedMultiplyAdd(s, w, b2);
            s = Vector512.Create(x[3]);
            a3 = Vector512.FusedMultiplyAdd(s, u, a3);
            b3 = Vector512.FusedMultiplyAdd(s, w, b3);
            s = Vector512.Create(x[4]);
            a4 = Vector512.FusedMultiplyAdd(s, u, a4);
            b4 = Vector512.FusedMultiplyAdd(s, w, b4);
            s = Vector512.Create(x[5]);
            a5 = Vector512.FusedMultiplyAdd(s, u, a5);
            b5 = Vector512.FusedMultiplyAdd(s, w, b5);
            s = Vector512.Create(x[6]);
            a6 = Vector512.FusedMultiplyAdd(s, u, a6);
            b6 = Vector512.FusedMultiplyAdd(s, w, b6);
            s = Vector512.Create(x[7]);
            a7 = Vector512.FusedMultiplyAdd(s, u, a7);
            b7 = Vector512.FusedMultiplyAdd(s, w, b7);
            s = Vector512.Create(x[8]);
            a8 = Vector512.FusedMultiplyAdd(s, u, a8);
            b8 = Vector512.FusedMultiplyAdd(s, w, b8);
            s = Vector512.Create(x[9]);
            a9 = Vector512.FusedMultiplyAdd(s, u, a9);
            b9 = Vector512.FusedMultiplyAdd(s, w, b9);
            s = Vector512.Create(x[10]);
            a10 = Vector512.FusedMultiplyAdd(s, u, a10);
            b10 = Vector512.FusedMultiplyAdd(s, w, b10);
            s = Vector512.Create(x[11]);
            a11 = Vector512.FusedMultiplyAdd(s, u, a11);
            b11 = Vector512.FusedMultiplyAdd(s, w, b11);
        }

        if (tile.Similarities is not null)
        {
            var stride = tile.SimilarityStride;
            Write(a0, b0, tile.Similarities + 0 * stride);
            Write(a1, b1, tile.Similarities + 1 * stride);
            Write(a2, b2, tile.Similarities + 2 * stride);
            Write(a3, b3, tile.Similarities + 3 * stride);
            Write(a4, b4, tile.Similarities + 4 * stride);
            Write(a5, b5, tile.Similarities + 5 * stride);
            Write(a6, b6, tile.Similarities + 6 * stride);
            Write(a7, b7, tile.Similarities + 7 * stride);
            Write(a8, b8, tile.Similarities + 8 * stride);
            Write(a9, b9, tile.Similarities + 9 * stride);
            Write(a10, b10, tile.Similarities + 10 * stride);
            Write(a11, b11, tile.Similarities + 11 * stride);
            return;
        }

        Vector512<float> rhoA = Vector512.LoadAligned(duals),
            rhoB = Vector512.LoadAligned(duals + 16);
        Vector512<int> kA = Vector512.Create(first) + Vector512<int>.Indices,
            kB = kA + Vector512.Create(16);
        Keep(a0 + rhoA, b0 + rhoB, kA, kB, scores, clusters);
        Keep(a1 + rhoA, b1 + rhoB, kA, kB, scores + 1 * Tile.Lanes, clusters + 1 * Tile.Lanes);
        Keep(a2 + rhoA, b2 + rhoB, kA, kB, scores + 2 * Tile.Lanes, clusters + 2 * Tile.Lanes);
        Keep(a3 + rhoA, b3 + rhoB, kA, kB, scores + 3 * Tile.Lanes, clusters + 3 * Tile.Lanes);
        Keep(a4 + rhoA, b4 + rhoB, kA, kB, scores + 4 * Tile.Lanes, clusters + 4 * Tile.Lanes);
        Keep(a5 + rhoA, b5 + rhoB, kA, kB, scores + 5 * Tile.Lanes, clusters + 5 * Tile.Lanes);
        Keep(a6 + rhoA, b6 + rhoB, kA, kB, scores + 6 * Tile.Lanes, clusters + 6 * Tile.Lanes);
        Keep(a7 + rhoA, b7 + rhoB, kA, kB, scores + 7 * Tile.Lanes, clusters + 7 * Tile.Lanes);
        Keep(a8 + rhoA, b8 + rhoB, kA, kB, scores + 8 * Tile.Lanes, clusters + 8 * Tile.Lanes);
        Keep(a9 + rhoA, b9 + rhoB, kA, kB, scores + 9 * Tile.Lanes, clusters + 9 * Tile.Lanes);
        Keep(a10 + rhoA, b10 + rhoB, kA, kB, scores + 10 * Tile.Lanes, clusters + 10 * Tile.Lanes);
        Keep(a11 + rhoA, b11 + rhoB, kA, kB, scores + 11 * Tile.Lanes, clusters + 11 * Tile.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Write(Vector512<float> a, Vector512<float> b, float* similarities)
    {
        a.Store(similarities);
        b.Store(similarities + 16);
    }

    // The better of the running best and two new scores, lane by lane. Only a strictly better one replaces: the lowest cluster wins a tie.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep(Vector512<float> a, Vector512<float> b, Vector512<int> kA, Vector512<int> kB, float* scores, int* clusters)
    {
        var best = Vector512.LoadAligned(scores);
        var k = Vector512.LoadAligned(clusters);
        var better = Vector512.GreaterThan(a, best);
        best = Vector512.ConditionalSelect(better, a, best);
        k = Vector512.ConditionalSelect(better.AsInt32(), kA, k);
        better = Vector512.GreaterThan(b, best);
        Vector512.ConditionalSelect(better, b, best).StoreAligned(scores);
        Vector512.ConditionalSelect(better.AsInt32(), kB, k).StoreAligned(clusters);
    }
}
