using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace CoKe.Benchmarks;

/// <summary>Plain arrays as NumPy saves them, of which type and shape are known: what the peers' scripts and <c>coke</c> write.</summary>
static class NpyArray
{
    /// <summary>The values, row-major.</summary>
    public static T[] Read<T>(string path, string type)
        where T : unmanaged
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[10]; // magic, version 1, length of the header
        file.ReadExactly(start);
        var header = new byte[BinaryPrimitives.ReadUInt16LittleEndian(start[8..])];
        file.ReadExactly(header);
        var text = Encoding.Latin1.GetString(header);
        if (!text.Contains($"'{type}'", StringComparison.Ordinal))
            throw new InvalidOperationException($"{path} is no array of {type}: {text.Trim()}");
        var values = new T[(file.Length - file.Position) / Marshal.SizeOf<T>()];
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>float32.</summary>
    public static float[] ReadFloats(string path) => Read<float>(path, "<f4");

    /// <summary>int32.</summary>
    public static int[] ReadInts(string path) => Read<int>(path, "<i4");
}
