using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>An .npy file of rows x columns float32 values, read in order; float64 is converted.</summary>
sealed class NpyMatrix : IDisposable
{
    const string Float64 = "<f8";
    const int Chunk = 1 << 20;

    readonly FileStream _stream;
    readonly string _path;
    readonly double[]? _wide;
    readonly long _start;

    NpyMatrix(FileStream stream, string path)
    {
        (_stream, _path) = (stream, path);
        if (!stream.CanSeek) throw NpyFile.Refuse(path, path, "is no regular file: save the features to one, they are read twice.");
        var header = NpyHeader.Read(stream, path);
        (Rows, Columns) = Shape(header, path);
        _start = stream.Position;
        if (header.ElementType == Float64) _wide = new double[Chunk];

        // The file must really hold the values before anyone allocates memory for them.
        Int128 declared = (Int128)Rows * Columns * (_wide is null ? sizeof(float) : sizeof(double)), present = stream.Length - _start;
        if (present != declared)
        {
            throw NpyFile.Refuse(path, $"{present} bytes", $"{(present < declared ? "is truncated" : "is too long")}: its header declares {declared} bytes of values, {present} are there.");
        }
    }

    /// <summary>Rows, at least 1.</summary>
    public int Rows { get; }

    /// <summary>Columns, at least 1.</summary>
    public int Columns { get; }

    /// <summary>Opens a file at its first value.</summary>
    /// <exception cref="InvalidFileException">Absent, truncated, or of another type, order or rank.</exception>
    public static NpyMatrix Open(string path) => Reading(path, () =>
    {
        var stream = File.OpenRead(path);
        try
        {
            return new NpyMatrix(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    });

    /// <summary>Goes back to the first value.</summary>
    public void Rewind() => _stream.Position = _start;

    /// <summary>Reads the next values.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public void Read(Span<float> values)
    {
        try
        {
            for (; !values.IsEmpty; values = values[Math.Min(Chunk, values.Length)..]) ReadChunk(values[..Math.Min(Chunk, values.Length)]);
        }
        catch (IOException e)
        {
            throw Unreadable(_path, e);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    void ReadChunk(Span<float> values)
    {
        if (_wide is null)
        {
            _stream.ReadExactly(MemoryMarshal.AsBytes(values));
            return;
        }

        _stream.ReadExactly(MemoryMarshal.AsBytes(_wide.AsSpan(0, values.Length)));
        for (var i = 0; i < values.Length; i++) values[i] = (float)_wide[i];
    }

    static (int Rows, int Columns) Shape(NpyHeader header, string path)
    {
        if (header.ElementType is not (NpyFile.Float32 or Float64))
        {
            throw NpyFile.Refuse(path, header.ElementType, $"holds values of type '{header.ElementType}': save it with x.astype('<f4').");
        }

        var shape = $"({string.Join(", ", header.Shape)})";
        if (header.Shape.Count != 2) throw NpyFile.Refuse(path, shape, $"has shape {shape}: features are 2-D, one row per image; use x.reshape(len(x), -1).");
        if (header.IsFortranOrder) throw NpyFile.Refuse(path, "fortran_order", "is in Fortran order, columns first: save it with numpy.ascontiguousarray(x).");
        long rows = header.Shape[0], columns = header.Shape[1];
        if (rows == 0 || columns == 0) throw NpyFile.Refuse(path, shape, $"has shape {shape}: there is nothing to cluster.");
        if (rows > Array.MaxLength || columns > Array.MaxLength)
        {
            throw NpyFile.Refuse(path, shape, $"has shape {shape}, more than the {Array.MaxLength} rows or columns that can be read; take fewer rows.");
        }

        return ((int)rows, (int)columns);
    }

    /// <summary>Reads a file; what the file system refuses becomes a typed error that names it.</summary>
    /// <exception cref="InvalidFileException">Absent, or not readable.</exception>
    internal static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NpyFile.Refuse(path, path, "does not exist.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    static InvalidFileException Unreadable(string path, Exception e) => NpyFile.Refuse(path, path, $"cannot be read: {e.Message}", e);
}
