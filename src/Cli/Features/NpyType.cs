using System.Numerics;
using System.Runtime.InteropServices;

namespace CoKe.Cli.Features;

/// <summary>A type of number in .npy files: whole or floating, of 1 to 8 bytes, in either byte order.</summary>
/// <param name="Kind">NumPy's letter: i, u, f, or b for true and false.</param>
/// <param name="Width">Bytes.</param>
/// <param name="IsBigEndian">True when the first byte is the highest.</param>
readonly record struct NpyType(char Kind, int Width, bool IsBigEndian)
{
    /// <summary>Whether the bytes in the file are those of a float32 in memory.</summary>
    public bool IsFloat32 => this is { Kind: 'f', Width: 4, IsBigEndian: false };

    /// <summary>NumPy's name, for instance float16; with the order of bytes where it is not this machine's.</summary>
    public string Name =>
        Kind switch
        {
            'b' => "bool",
            'f' => $"float{8 * Width}",
            'u' => $"uint{8 * Width}",
            _ => $"int{8 * Width}",
        } + (IsBigEndian && Width > 1 ? ", big-endian" : "");

    /// <summary>NumPy's name with its order of bytes, as a header has it.</summary>
    public string Code => $"{(Width == 1 ? '|' : IsBigEndian ? '>' : '<')}{Kind}{Width}";

    /// <summary>Reads NumPy's name, for instance <c>&lt;f4</c>.</summary>
    /// <returns>Null: no type of number that can be read.</returns>
    public static NpyType? Parse(string name) =>
        name.Length == 3
        && "<>|=".Contains(name[0])
        && name[1..] is "b1" or "i1" or "u1" or "i2" or "u2" or "i4" or "u4" or "i8" or "u8" or "f2" or "f4" or "f8"
            ? new NpyType(name[1], name[2] - '0', name[0] == '>' && name[2] != '1')
            : null;

    /// <summary>Turns values of a file into numbers; whole ones beyond the precision are rounded.</summary>
    /// <param name="bytes">As they are in the file; their order may be changed.</param>
    /// <param name="values">As many numbers.</param>
    public void Convert<T>(Span<byte> bytes, Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        if (IsBigEndian)
            Reverse(bytes);
        switch (Kind, Width)
        {
            case ('i', 1):
                Widen<sbyte, T>(bytes, values);
                break;
            case ('u' or 'b', 1):
                Widen<byte, T>(bytes, values);
                break;
            case ('i', 2):
                Widen<short, T>(bytes, values);
                break;
            case ('u', 2):
                Widen<ushort, T>(bytes, values);
                break;
            case ('i', 4):
                Widen<int, T>(bytes, values);
                break;
            case ('u', 4):
                Widen<uint, T>(bytes, values);
                break;
            case ('i', 8):
                Widen<long, T>(bytes, values);
                break;
            case ('u', 8):
                Widen<ulong, T>(bytes, values);
                break;
            case ('f', 2) when typeof(T) == typeof(float):
                HalfFloat.Widen(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<T, float>(values));
                break;
            case ('f', 2):
                Widen<Half, T>(bytes, values);
                break;
            case ('f', 4):
                Widen<float, T>(bytes, values);
                break;
            default:
                Widen<double, T>(bytes, values);
                break;
        }
    }

    void Reverse(Span<byte> bytes)
    {
        for (var at = 0; at < bytes.Length; at += Width)
            bytes.Slice(at, Width).Reverse();
    }

    static void Widen<TFile, T>(ReadOnlySpan<byte> bytes, Span<T> values)
        where TFile : unmanaged, INumberBase<TFile>
        where T : unmanaged, INumberBase<T>
    {
        var read = MemoryMarshal.Cast<byte, TFile>(bytes);
        for (var i = 0; i < values.Length; i++)
            values[i] = T.CreateTruncating(read[i]);
    }
}
