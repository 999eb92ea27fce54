using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Sums and norms of d doubles. The order of additions is fixed at four lanes whatever the machine, so that silos on different processors
/// agree on every bit. Optimized from the first call: a mini-batch makes thousands of them, and short jobs end before the runtime notices.
/// </summary>
static class UnitVector
{
    const double SmallestNorm = 1e-12;

    /// <summary>sum += addend.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<double> sum, ReadOnlySpan<double> addend)
    {
        var i = 0;
        for (; i <= sum.Length - 4; i += 4)
            (Vector256.Create<double>(sum[i..]) + Vector256.Create(addend[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += addend[i];
    }

    /// <summary>sum += row, each element widened first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<double> sum, ReadOnlySpan<float> row)
    {
        var i = 0;
        for (; i <= sum.Length - 8; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(row[i..]));
            (Vector256.Create<double>(sum[i..]) + low).CopyTo(sum[i..]);
            (Vector256.Create<double>(sum[(i + 4)..]) + high).CopyTo(sum[(i + 4)..]);
        }

        for (; i < sum.Length; i++)
            sum[i] += row[i];
    }

    /// <summary>unit = vector / max(||vector||, 1e-12); the two may be one span.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(ReadOnlySpan<double> vector, Span<double> unit)
    {
        var norm = Math.Max(Math.Sqrt(SquaredNorm(vector)), SmallestNorm);
        var i = 0;
        for (; i <= vector.Length - 4; i += 4)
            (Vector256.Create(vector[i..]) / norm).CopyTo(unit[i..]);
        for (; i < vector.Length; i++)
            unit[i] = vector[i] / norm;
    }

    /// <summary>To float32, rounding to nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(ReadOnlySpan<double> vector, Span<float> rounded)
    {
        var i = 0;
        for (; i <= vector.Length - 8; i += 8)
        {
            Vector256.Narrow(Vector256.Create(vector[i..]), Vector256.Create(vector[(i + 4)..])).CopyTo(rounded[i..]);
        }

        for (; i < vector.Length; i++)
            rounded[i] = (float)vector[i];
    }

    /// <summary>To double, exactly.</summary>
    public static void Widen(ReadOnlySpan<float> vector, Span<double> widened)
    {
        for (var i = 0; i < vector.Length; i++)
            widened[i] = vector[i];
    }

    /// <summary>||a - b||.</summary>
    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var difference = (double)a[i] - b[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The sum of squares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SquaredNorm(ReadOnlySpan<double> vector)
    {
        var lanes = Vector256<double>.Zero;
        var i = 0;
        for (; i <= vector.Length - 4; i += 4)
        {
            var v = Vector256.Create(vector[i..]);
            lanes += v * v;
        }

        var sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
        for (; i < vector.Length; i++)
            sum += vector[i] * vector[i];
        return sum;
    }
}
