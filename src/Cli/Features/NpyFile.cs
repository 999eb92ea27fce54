using System.Runtime.InteropServices;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Features;

/// <summary>Reads and writes arrays as NumPy's .npy files: little-endian, rows contiguous.</summary>
static class NpyFile
{
    /// <summary>NumPy's name of float32.</summary>
    public const string Float32 = "<f4";

    const string Int32 = "<i4";
    const int WriteChunk = 1 << 20;
    const int LongestHeader = 128;

    /// <summary>Reads a matrix, rows x columns, whole, as float32.</summary>
    /// <exception cref="InvalidFileException">
    /// Absent, truncated, of another type or rank, or more than one array holds. Nothing large has been allocated then.
    /// </exception>
    public static (int Rows, int Columns, float[] Values, string Description) ReadMatrix(string path)
    {
        using var matrix = NpyMatrix.Open(path);
        return (matrix.Rows, matrix.Columns, matrix.ReadAll(), matrix.Description);
    }

    /// <summary>How long a file of that many int32 or float32 values is at most.</summary>
    public static long Length(long values) => LongestHeader + (sizeof(float) * values);

    /// <summary>Writes int32 values of the given shape.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="parts">The values, one part after the other.</param>
    /// <param name="shape">The length of every axis.</param>
    public static void Write(Stream stream, IEnumerable<int[]> parts, params ReadOnlySpan<long> shape) =>
        Write(stream, Int32, parts, shape);

    /// <summary>As above, of float32 values.</summary>
    public static void Write(Stream stream, IEnumerable<float[]> parts, params ReadOnlySpan<long> shape) =>
        Write(stream, Float32, parts, shape);

    /// <summary>Writes labels: those of one head as (N,), of several as (heads, N).</summary>
    public static void WriteLabels(Stream stream, IReadOnlyList<int[]> heads)
    {
        if (heads.Count == 1)
            Write(stream, heads, heads[0].Length);
        else
            Write(stream, heads, heads.Count, heads[0].Length);
    }

    /// <summary>The typed error of a file; <paramref name="problem"/> continues the sentence after its path.</summary>
    public static InvalidFileException Refuse(string path, string value, string problem, Exception? inner = null) =>
        FileRefusal.Of(path, value, problem, inner);

    static void Write<T>(Stream stream, string type, IEnumerable<T[]> parts, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        new NpyHeader(type, false, shape.ToArray()).Write(stream);
        foreach (var part in parts)
            for (var first = 0; first < part.Length; first += WriteChunk)
                stream.Write(MemoryMarshal.AsBytes(part.AsSpan(first, Math.Min(WriteChunk, part.Length - first))));
    }
}
