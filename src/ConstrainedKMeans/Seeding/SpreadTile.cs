using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The inner loops of <see cref="SpreadSample"/>: 32 rows, the lanes of two vectors, against 8 candidates in 16 registers. All sums have
/// one order, so every processor gives the same bits.
/// </summary>
static unsafe class SpreadTile
{
    /// <summary>Rows that lie side by side.</summary>
    public const int Rows = 32;

    const int Lanes = 16;
    const int Block = 8;

    /// <summary>Distances of rows from all candidates, and the gain of each candidate: how much nearer it is than the nearest center, where
    /// it is.</summary>
    /// <param name="packed">Rows as [rows / 32][d][32].</param>
    /// <param name="candidates">Candidates as [d][32].</param>
    /// <param name="nearest">Distance of every row from its nearest center.</param>
    /// <param name="distances">Receives the distances, candidate by candidate.</param>
    /// <param name="stride">From one candidate's distances to the next one's.</param>
    /// <param name="d">d.</param>
    /// <param name="rows">A multiple of 32.</param>
    /// <param name="gains">Receives 32 gains.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score(
        float* packed,
        float* candidates,
        float* nearest,
        float* distances,
        long stride,
        int d,
        int rows,
        double* gains
    )
    {
        var lanes = stackalloc float[SpreadSample.Candidates * Lanes];
        new Span<float>(lanes, SpreadSample.Candidates * Lanes).Clear();
        for (var row = 0; row < rows; row += Rows)
        {
            for (var first = 0; first < SpreadSample.Candidates; first += Block)
            {
                ScoreBlock(
                    packed + (long)row * d,
                    candidates + first,
                    nearest + row,
                    distances + first * stride + row,
                    stride,
                    d,
                    lanes + first * Lanes
                );
            }
        }

        for (var c = 0; c < SpreadSample.Candidates; c++)
            gains[c] = Sum(lanes + c * Lanes, Lanes);
    }

    /// <summary>The gain of one candidate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Gain(float* nearest, float* distances, int rows)
    {
        var lanes = stackalloc float[Lanes];
        var gain = Vector512<float>.Zero;
        for (var row = 0; row < rows; row += Lanes)
            gain += Vector512.Max(Vector512.Load(nearest + row) - Vector512.Load(distances + row), Vector512<float>.Zero);
        gain.Store(lanes);
        return Sum(lanes, Lanes);
    }

    /// <summary>Lowers the distances from the nearest center where a new one is nearer. Returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Lower(float* nearest, float* distances, int rows)
    {
        for (var row = 0; row < rows; row += Lanes)
            Vector512.Min(Vector512.Load(nearest + row), Vector512.Load(distances + row)).Store(nearest + row);
        return Sum(nearest, rows);
    }

    /// <summary>The sum of values, in four chains of doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(float* values, int count)
    {
        double a = 0,
            b = 0,
            c = 0,
            e = 0;
        for (var i = 0; i < count; i += 4)
        {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            e += values[i + 3];
        }

        return a + b + (c + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ScoreBlock(float* rows, float* candidates, float* nearest, float* distances, long stride, int d, float* lanes)
    {
        float* x = rows,
            c = candidates;
        Vector512<float> a0 = default,
            a1 = default,
            a2 = default,
            a3 = default,
            a4 = default,
            a5 = default,
            a6 = default,
            a7 = default;
        Vector512<float> b0 = default,
            b1 = default,
            b2 = default,
            b3 = default,
            b4 = default,
            b5 = default,
            b6 = default,
            b7 = default;
        for (var i = 0; i < d; i++, x += Rows, c += SpreadSample.Candidates)
        {
            Vector512<float> u = Vector512.Load(x),
                w = Vector512.Load(x + Lanes),
                s = Vector512.Create(c[0]);
            a0 = Vector512.FusedMultiplyAdd(s, u, a0);
            b0 = Vector512.FusedMultiplyAdd(s, w, b0);
            s = Vector512.Create(c[1]);
            a1 = Vector512.FusedMultiplyAdd(s, u, a1);
            b1 = Vector512.FusedMultiplyAdd(s, w, b1);
            s = Vector512.Create(c[2]);
            a2 = Vector512.FusedMultiplyAdd(s, u, a2);
            b2 = Vector512.FusedMultiplyAdd(s, w, b2);
            s = Vector512.Create(c[3]);
            a3 = Vector512.FusedMultiplyAdd(s, u, a3);
            b3 = Vector512.FusedMultiplyAdd(s, w, b3);
            s = Vector512.Create(c[4]);
            a4 = Vector512.FusedMultiplyAdd(s, u, a4);
            b4 = Vector512.FusedMultiplyAdd(s, w, b4);
            s = Vector512.Create(c[5]);
            a5 = Vector512.FusedMultiplyAdd(s, u, a5);
            b5 = Vector512.FusedMultiplyAdd(s, w, b5);
            s = Vector512.Create(c[6]);
            a6 = Vector512.FusedMultiplyAdd(s, u, a6);
            b6 = Vector512.FusedMultiplyAdd(s, w, b6);
            s = Vector512.Create(c[7]);
            a7 = Vector512.FusedMultiplyAdd(s, u, a7);
            b7 = Vector512.FusedMultiplyAdd(s, w, b7);
        }

        Vector512<float> nearestA = Vector512.Load(nearest),
            nearestB = Vector512.Load(nearest + Lanes);
        Keep(a0, b0, nearestA, nearestB, distances, lanes);
        Keep(a1, b1, nearestA, nearestB, distances + stride, lanes + 1 * Lanes);
        Keep(a2, b2, nearestA, nearestB, distances + 2 * stride, lanes + 2 * Lanes);
        Keep(a3, b3, nearestA, nearestB, distances + 3 * stride, lanes + 3 * Lanes);
        Keep(a4, b4, nearestA, nearestB, distances + 4 * stride, lanes + 4 * Lanes);
        Keep(a5, b5, nearestA, nearestB, distances + 5 * stride, lanes + 5 * Lanes);
        Keep(a6, b6, nearestA, nearestB, distances + 6 * stride, lanes + 6 * Lanes);
        Keep(a7, b7, nearestA, nearestB, distances + 7 * stride, lanes + 7 * Lanes);
    }

    // Distances 1 - x . c of 32 rows from one candidate, at least 0, and what they gain.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep(
        Vector512<float> a,
        Vector512<float> b,
        Vector512<float> nearestA,
        Vector512<float> nearestB,
        float* distances,
        float* lanes
    )
    {
        var distanceA = Vector512.Max(Vector512<float>.One - a, Vector512<float>.Zero);
        var distanceB = Vector512.Max(Vector512<float>.One - b, Vector512<float>.Zero);
        distanceA.Store(distances);
        distanceB.Store(distances + Lanes);
        var gain = Vector512.Max(nearestA - distanceA, Vector512<float>.Zero) + Vector512.Max(nearestB - distanceB, Vector512<float>.Zero);
        (Vector512.Load(lanes) + gain).Store(lanes);
    }
}
