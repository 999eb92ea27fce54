using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Reads and writes arrays as NumPy's .npy files: little-endian, rows contiguous.</summary>
static class NpyFile
{
    const string Float32 = "<f4";
    const string Float64 = "<f8";
    const string Int32 = "<i4";
    const int WriteChunk = 1 << 20;

    /// <summary>Reads a float32 matrix, rows x columns; float64 is converted.</summary>
    /// <exception cref="InvalidFileException">Absent, truncated, of another type, order or rank, or larger than memory. Nothing large has been allocated then.</exception>
    public static (int Rows, int Columns, float[] Values) ReadMatrix(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var header = NpyHeader.Read(stream, path);
            var (rows, columns) = MatrixShape(header, path);
            if (header.ElementType == Float32) return (rows, columns, ReadValues<float>(stream, (long)rows * columns, path));
            return (rows, columns, Array.ConvertAll(ReadValues<double>(stream, (long)rows * columns, path), x => (float)x));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refuse(path, path, "does not exist.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes int32 values of the given shape.</summary>
    public static void Write(string path, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) => Write(path, Int32, values, shape);

    /// <summary>Writes float32 values of the given shape.</summary>
    public static void Write(string path, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => Write(path, Float32, values, shape);

    /// <summary>Refuses an output path that could not be written in the end, before anything starts.</summary>
    /// <exception cref="InvalidFileException">The folder does not exist, or the path is one.</exception>
    public static void CheckWritable(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (Directory.Exists(path) || !Directory.Exists(folder))
        {
            throw Refuse(path, path, Directory.Exists(path) ? "is a folder: name a file." : $"cannot be written: there is no folder {folder}; create it first.");
        }
    }

    /// <summary>The typed error of a file; <paramref name="problem"/> continues the sentence after its path.</summary>
    public static InvalidFileException Refuse(string path, string value, string problem, Exception? inner = null) =>
        new(Path.GetFileName(path), value, $"{path} {problem}", inner);

    static (int Rows, int Columns) MatrixShape(NpyHeader header, string path)
    {
        if (header.ElementType is not (Float32 or Float64))
        {
            throw Refuse(path, header.ElementType, $"holds values of type '{header.ElementType}': save it with x.astype('<f4').");
        }

        var shape = $"({string.Join(", ", header.Shape)})";
        if (header.Shape.Count != 2) throw Refuse(path, shape, $"has shape {shape}: features are 2-D, one row per image; use x.reshape(len(x), -1).");
        if (header.IsFortranOrder) throw Refuse(path, "fortran_order", "is in Fortran order, columns first: save it with numpy.ascontiguousarray(x).");
        long rows = header.Shape[0], columns = header.Shape[1];
        if (rows == 0 || columns == 0) throw Refuse(path, shape, $"has shape {shape}: there is nothing to cluster.");

        // Divided instead of multiplied, so that no product can overflow.
        if (rows > Array.MaxLength || columns > Array.MaxLength / rows)
        {
            throw Refuse(path, shape, $"has shape {shape}, more than the {Array.MaxLength} values that one array can hold; take fewer rows.");
        }

        return ((int)rows, (int)columns);
    }

    static T[] ReadValues<T>(FileStream stream, long count, string path) where T : unmanaged
    {
        // The file must really hold the values, and memory must hold the array, before it is allocated.
        long declared = count * Marshal.SizeOf<T>(), present = stream.Length - stream.Position;
        if (present != declared)
        {
            throw Refuse(path, $"{present} bytes", $"{(present < declared ? "is truncated" : "is too long")}: its header declares {declared} bytes of values, {present} are there.");
        }

        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (declared > memory) throw Refuse(path, $"{declared} bytes", $"holds {declared} bytes of values but this process may use {memory}; take fewer rows.");
        var values = GC.AllocateUninitializedArray<T>((int)count);
        const int chunk = 1 << 24;
        for (var first = 0; first < values.Length; first += chunk)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan(first, Math.Min(chunk, values.Length - first))));
        }

        return values;
    }

    static void Write<T>(string path, string type, ReadOnlySpan<T> values, ReadOnlySpan<long> shape) where T : unmanaged
    {
        using var stream = File.Create(path);
        new NpyHeader(type, false, shape.ToArray()).Write(stream);
        for (; !values.IsEmpty; values = values[Math.Min(WriteChunk, values.Length)..])
        {
            stream.Write(MemoryMarshal.AsBytes(values[..Math.Min(WriteChunk, values.Length)]));
        }
    }
}
