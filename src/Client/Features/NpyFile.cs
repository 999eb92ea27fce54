using System.Runtime.InteropServices;
using CoKe.Client.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Reads and writes arrays as NumPy's .npy files: little-endian, rows contiguous.</summary>
static class NpyFile
{
    /// <summary>NumPy's name of float32.</summary>
    public const string Float32 = "<f4";

    const string Int32 = "<i4";
    const int WriteChunk = 1 << 20;

    /// <summary>Reads a float32 matrix, rows x columns, whole; float64 is converted.</summary>
    /// <exception cref="InvalidFileException">Absent, truncated, of another type, order or rank, or larger than memory. Nothing large has been allocated then.</exception>
    public static (int Rows, int Columns, float[] Values) ReadMatrix(string path)
    {
        using var matrix = NpyMatrix.Open(path);
        var (rows, columns) = (matrix.Rows, matrix.Columns);
        var bytes = sizeof(float) * (Int128)rows * columns;
        if (bytes > sizeof(float) * (long)Array.MaxLength)
        {
            throw Refuse(path, $"({rows}, {columns})", $"has shape ({rows}, {columns}), more than the {Array.MaxLength} values that one array can hold; take fewer rows.");
        }

        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > memory) throw Refuse(path, $"{bytes} bytes", $"holds {bytes} bytes of values but this process may use {memory}; take fewer rows.");
        var values = GC.AllocateUninitializedArray<float>(rows * columns);
        matrix.Read(values);
        return (rows, columns, values);
    }

    /// <summary>Writes int32 values of the given shape. The file is there whole or not at all.</summary>
    public static void Write(string path, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) => Write(path, Int32, values, shape);

    /// <summary>Writes float32 values of the given shape. The file is there whole or not at all.</summary>
    public static void Write(string path, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => Write(path, Float32, values, shape);

    /// <summary>The typed error of a file; <paramref name="problem"/> continues the sentence after its path.</summary>
    public static InvalidFileException Refuse(string path, string value, string problem, Exception? inner = null) =>
        new(Path.GetFileName(path), value, $"{path} {problem}", inner);

    static void Write<T>(string path, string type, ReadOnlySpan<T> values, ReadOnlySpan<long> shape) where T : unmanaged
    {
        using var file = new OutputFile(path);
        new NpyHeader(type, false, shape.ToArray()).Write(file.Stream);
        for (; !values.IsEmpty; values = values[Math.Min(WriteChunk, values.Length)..])
        {
            file.Stream.Write(MemoryMarshal.AsBytes(values[..Math.Min(WriteChunk, values.Length)]));
        }

        file.Complete();
    }
}
