using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.Cli.Features;

/// <summary>float16 to float32, as exact as the conversion of one value and many times as fast.</summary>
static class HalfFloat
{
    // 2^112, the difference of the exponents' zeros: a product by it is exact for numbers, and makes those normal that were not.
    const uint Rebias = 0x7780_0000;

    const uint Sign = 0x8000,
        Magnitude = 0x7fff,
        Infinity = 0x7c00,
        FloatInfinity = 0x7f80_0000;
    const int Shift = 13,
        SignShift = 16;

    /// <summary>Widens values.</summary>
    /// <param name="halves">Bits of float16.</param>
    /// <param name="values">As many numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        var i = 0;
        for (; i <= values.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Create(halves[i..]));
            Widen(low).CopyTo(values[i..]);
            Widen(high).CopyTo(values[(i + Vector512<uint>.Count)..]);
        }

        for (; i < values.Length; i++)
            values[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Widen(Vector512<uint> half)
    {
        var magnitude = half & Vector512.Create(Magnitude);
        var number = ((magnitude << Shift).AsSingle() * Vector512.Create(Rebias).AsSingle()).AsUInt32();
        var special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(Infinity)) & Vector512.Create(FloatInfinity);
        return (number | special | ((half & Vector512.Create(Sign)) << SignShift)).AsSingle();
    }
}
