using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Files;

namespace CoKe.Client.Features;

/// <summary>
/// A file of rows x columns numbers, read in order as float32: an .npy file or the array of an .npz archive, of any type of number and
/// byte order, rows or columns contiguous.
/// </summary>
sealed class NpyMatrix : IDisposable
{
    const int Chunk = 1 << 18;

    // Of an array whose columns are contiguous so many rows are read at once, each column's in one piece.
    const int ColumnRows = 1 << 14;

    readonly NpySource _source;
    readonly string _path;
    readonly NpyType _type;
    readonly bool _byColumns;
    readonly byte[] _bytes;
    readonly float[] _column = [];
    readonly long _start;
    Stream _stream;
    long _row;

    NpyMatrix(NpySource source, string path)
    {
        (_source, _path) = (source, path);
        _stream = source.Open();
        try
        {
            var header = NpyHeader.Read(_stream, path);
            (_type, Rows, Columns) = Shape(header, path);
            _start = header.Length;

            // The file must really hold the values before anyone allocates memory for them.
            Int128 declared = (Int128)Rows * Columns * _type.Width, present = source.Length - _start;
            if (present != declared)
            {
                throw NpyFile.Refuse(path, $"{present} bytes",
                    $"{(present < declared ? "is truncated" : "is too long")}: "
                    + $"its header declares {declared} bytes of values, {present} are there.");
            }

            // One column or one row lies the same way in either order.
            _byColumns = header.IsFortranOrder && Rows > 1 && Columns > 1;
            _bytes = new byte[_type.IsFloat32 && !_byColumns ? 0 : _type.Width * (_byColumns ? ColumnRows : Chunk)];
            if (!_byColumns) return;
            _column = new float[ColumnRows];
            if (!_stream.CanSeek) _stream = Unpacked();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Rows, at least 1.</summary>
    public int Rows { get; }

    /// <summary>Columns, at least 1.</summary>
    public int Columns { get; }

    /// <summary>What of the file is read, where that is not all; else empty.</summary>
    public string Description => _source.Description;

    /// <summary>Opens a file at its first value.</summary>
    /// <exception cref="InvalidFileException">Absent, truncated, or of another type or rank.</exception>
    public static NpyMatrix Open(string path) => Reading(path, () => new NpyMatrix(NpySource.Of(path), path));

    /// <summary>Goes back to the first value.</summary>
    public void Rewind() => Reading(_path, () =>
    {
        _row = 0;
        if (_stream.CanSeek) return _stream.Position = _start;
        _stream.Dispose();
        _stream = _source.Open();
        NpyHeader.Read(_stream, _path);
        return 0;
    });

    /// <summary>Reads the next rows, whole.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public void Read(Span<float> values)
    {
        try
        {
            if (_byColumns) ReadColumns(values);
            else ReadRows(values);
        }
        catch (Exception e) when (IsOfReading(e))
        {
            throw Unreadable(_path, e);
        }
    }

    /// <summary>Reads all rows into one array.</summary>
    /// <exception cref="InvalidFileException">They are more than one array holds, or cannot be read.</exception>
    public float[] ReadAll()
    {
        if ((Int128)Rows * Columns > Array.MaxLength)
        {
            throw NpyFile.Refuse(_path, $"({Rows}, {Columns})",
                $"has shape ({Rows}, {Columns}), more than the {Array.MaxLength} values that one array can hold; "
                + $"take fewer rows, x[:{Array.MaxLength / Columns}] at most.");
        }

        var values = GC.AllocateUninitializedArray<float>(Rows * Columns);
        Read(values);
        return values;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    void ReadRows(Span<float> values)
    {
        for (; !values.IsEmpty; values = values[Math.Min(Chunk, values.Length)..]) ReadChunk(values[..Math.Min(Chunk, values.Length)]);
    }

    void ReadChunk(Span<float> values)
    {
        if (_type.IsFloat32)
        {
            _stream.ReadExactly(MemoryMarshal.AsBytes(values));
            return;
        }

        var bytes = _bytes.AsSpan(0, values.Length * _type.Width);
        _stream.ReadExactly(bytes);
        _type.Convert(bytes, values);
    }

    void ReadColumns(Span<float> values)
    {
        for (; !values.IsEmpty; values = values[(Math.Min(ColumnRows, values.Length / Columns) * Columns)..])
        {
            var rows = Math.Min(ColumnRows, values.Length / Columns);
            for (var column = 0; column < Columns; column++)
            {
                _stream.Position = _start + ((((long)column * Rows) + _row) * _type.Width);
                var bytes = _bytes.AsSpan(0, rows * _type.Width);
                var read = _column.AsSpan(0, rows);
                _stream.ReadExactly(bytes);
                _type.Convert(bytes, read);
                for (var row = 0; row < rows; row++) values[(row * Columns) + column] = read[row];
            }

            _row += rows;
        }
    }

    // Columns cannot be gathered from what is packed.
    MemoryStream Unpacked()
    {
        if (_source.Length > Array.MaxLength)
        {
            throw NpyFile.Refuse(_path, "fortran_order",
                "holds columns first, packed and too large to unpack in memory: "
                + "save it with numpy.save('features.npy', numpy.ascontiguousarray(x)).");
        }

        using var packed = _source.Open();
        var unpacked = new byte[_source.Length];
        packed.ReadExactly(unpacked);
        _stream.Dispose();
        return new MemoryStream(unpacked, writable: false);
    }

    static (NpyType Type, int Rows, int Columns) Shape(NpyHeader header, string path)
    {
        var type = NpyType.Parse(header.ElementType)
            ?? throw NpyFile.Refuse(path, header.ElementType,
                $"holds values of type '{header.ElementType}', which are no real numbers: save it with x.astype('<f4').");
        var shape = $"({string.Join(", ", header.Shape)})";
        if (header.Shape.Count != 2) throw NpyFile.Refuse(path, shape, $"has shape {shape}: features are 2-D, one row per image; use x.reshape(len(x), -1).");
        long rows = header.Shape[0], columns = header.Shape[1];
        if (rows == 0 || columns == 0) throw NpyFile.Refuse(path, shape, $"has shape {shape}: there is nothing to cluster.");
        if (rows > Array.MaxLength || columns > Array.MaxLength)
        {
            throw NpyFile.Refuse(path, shape, $"has shape {shape}, more than the {Array.MaxLength} rows or columns that can be read; take fewer rows.");
        }

        return (type, (int)rows, (int)columns);
    }

    /// <summary>Reads a file; what the file system refuses becomes a typed error that names it.</summary>
    /// <exception cref="InvalidFileException">Absent, or not readable.</exception>
    internal static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            if (Directory.Exists(path)) throw NpyFile.Refuse(path, path, "cannot be read: it is a folder; name a file.");
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NpyFile.Refuse(path, path, "does not exist.", e);
        }
        catch (Exception e) when (IsOfReading(e))
        {
            throw Unreadable(path, e);
        }
    }

    // An archive that is damaged is no exception of input and output.
    static bool IsOfReading(Exception e) => FileRefusal.IsOfTheSystem(e) || e is InvalidDataException;

    static InvalidFileException Unreadable(string path, Exception e) => e is InvalidDataException or EndOfStreamException
        ? NpyFile.Refuse(path, path, "is damaged: it ends or changes within its values; fetch or write it again.", e)
        : NpyFile.Refuse(path, path, $"cannot be read: {FileRefusal.Reason(e)}.", e);
}
