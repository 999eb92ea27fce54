using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Features;

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
    readonly bool _byColumns;
    byte[] _bytes = [];
    float[] _column = [];
    Stream? _stream; // null: nothing is being read
    long _row;

    NpyMatrix(NpySource source, string path, bool mayBeEmpty)
    {
        (_source, Path) = (source, path);
        using var stream = source.Open();
        var header = NpyHeader.Read(stream, path);
        (Type, Rows, Columns) = Shape(header, path, mayBeEmpty);
        Start = header.Length;

        // The file must really hold the values before anyone allocates memory for them.
        Int128 declared = (Int128)Rows * Columns * Type.Width,
            present = source.Length - Start;
        if (present != declared)
        {
            throw NpyFile.Refuse(
                path,
                $"{present} bytes",
                $"{(present < declared ? "is truncated" : "is too long")}: "
                    + $"its header declares {declared} bytes of values, {present} are there."
            );
        }

        // One column or one row lies the same way in either order.
        _byColumns = header.IsFortranOrder && Rows > 1 && Columns > 1;
        if (_byColumns && !stream.CanSeek && _source.Length > Array.MaxLength)
        {
            throw NpyFile.Refuse(
                path,
                "fortran_order",
                "holds columns first, packed and too large to unpack in memory: "
                    + "save it with numpy.save('features.npy', numpy.ascontiguousarray(x))."
            );
        }
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>The type of its numbers.</summary>
    public NpyType Type { get; }

    /// <summary>Bytes before the first value.</summary>
    public long Start { get; }

    /// <summary>Bytes of the values.</summary>
    public long Bytes => (long)Rows * Columns * Type.Width;

    /// <summary>Rows that have not been read since the beginning, or since <see cref="Rewind"/>.</summary>
    public long RowsLeft => Rows - _row;

    /// <summary>Whether the values of a row lie together in the file, so that it can be read by itself.</summary>
    public bool HasRowsInPlace => !_byColumns && !_source.IsArchive;

    /// <summary>Whether columns are contiguous, not rows.</summary>
    public bool IsByColumns => _byColumns;

    /// <summary>Rows, at least 1; of a shard at least 0.</summary>
    public int Rows { get; }

    /// <summary>Columns, at least 1.</summary>
    public int Columns { get; }

    /// <summary>What of the file is read, where that is not all; else empty.</summary>
    public string Description => _source.Description;

    /// <summary>Opens a file at its first value.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayBeEmpty">Whether it may have no rows, as one of several shards.</param>
    /// <exception cref="InvalidFileException">Absent, truncated, or of another type or rank.</exception>
    public static NpyMatrix Open(string path, bool mayBeEmpty = false) =>
        Reading(path, () => new NpyMatrix(NpySource.Of(path), path, mayBeEmpty));

    /// <summary>Goes back to the first value.</summary>
    public void Rewind()
    {
        Dispose();
        _row = 0;
    }

    /// <summary>Reads the next rows, whole.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public void Read(Span<float> values)
    {
        if (values.IsEmpty)
            return;
        try
        {
            _stream ??= OpenAtFirstValue();
            if (_byColumns)
                ReadColumns(_stream, values);
            else
                ReadRows(_stream, values);
            _row += values.Length / Columns;
        }
        catch (Exception e) when (IsOfReading(e))
        {
            throw Unreadable(Path, e);
        }

        if (RowsLeft == 0)
            Dispose(); // of many shards one is open at a time
    }

    /// <summary>Reads all rows into one array.</summary>
    /// <exception cref="InvalidFileException">They are more than one array holds, or cannot be read.</exception>
    public float[] ReadAll()
    {
        if ((Int128)Rows * Columns > Array.MaxLength)
        {
            throw NpyFile.Refuse(
                Path,
                $"({Rows}, {Columns})",
                $"has shape ({Rows}, {Columns}), more than the {Array.MaxLength} values that one array can hold; "
                    + $"take fewer rows, x[:{Array.MaxLength / Columns}] at most."
            );
        }

        var values = GC.AllocateUninitializedArray<float>(Rows * Columns);
        Read(values);
        return values;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        (_stream, _bytes, _column) = (null, [], []);
    }

    Stream OpenAtFirstValue()
    {
        _bytes = new byte[Type.IsFloat32 && !_byColumns ? 0 : Type.Width * (_byColumns ? ColumnRows : Chunk)];
        if (_byColumns)
            _column = new float[ColumnRows];
        var stream = _source.Open();
        if (_byColumns && !stream.CanSeek)
            stream = Unpacked(stream);
        NpyHeader.Read(stream, Path);
        return stream;
    }

    void ReadRows(Stream stream, Span<float> values)
    {
        for (; !values.IsEmpty; values = values[Math.Min(Chunk, values.Length)..])
            ReadChunk(stream, values[..Math.Min(Chunk, values.Length)]);
    }

    void ReadChunk(Stream stream, Span<float> values)
    {
        if (Type.IsFloat32)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(values));
            return;
        }

        var bytes = _bytes.AsSpan(0, values.Length * Type.Width);
        stream.ReadExactly(bytes);
        Type.Convert(bytes, values);
    }

    void ReadColumns(Stream stream, Span<float> values)
    {
        var first = _row;
        for (; !values.IsEmpty; values = values[(Math.Min(ColumnRows, values.Length / Columns) * Columns)..])
        {
            var rows = Math.Min(ColumnRows, values.Length / Columns);
            for (var column = 0; column < Columns; column++)
            {
                stream.Position = Start + ((((long)column * Rows) + first) * Type.Width);
                var bytes = _bytes.AsSpan(0, rows * Type.Width);
                var read = _column.AsSpan(0, rows);
                stream.ReadExactly(bytes);
                Type.Convert(bytes, read);
                for (var row = 0; row < rows; row++)
                    values[(row * Columns) + column] = read[row];
            }

            first += rows;
        }
    }

    // Columns cannot be gathered from what is packed.
    MemoryStream Unpacked(Stream packed)
    {
        var unpacked = new byte[_source.Length];
        packed.ReadExactly(unpacked);
        packed.Dispose();
        return new MemoryStream(unpacked, writable: false);
    }

    static (NpyType Type, int Rows, int Columns) Shape(NpyHeader header, string path, bool mayBeEmpty)
    {
        var type = NpyType.Parse(header.ElementType)
            ?? throw NpyFile.Refuse(
                path,
                header.ElementType,
                $"holds values of type '{header.ElementType}', which are no real numbers: save it with x.astype('<f4')."
            );
        var shape = $"({string.Join(", ", header.Shape)})";
        if (header.Shape.Count != 2)
            throw NpyFile.Refuse(path, shape, $"has shape {shape}: features are 2-D, one row per image; use x.reshape(len(x), -1).");
        long rows = header.Shape[0],
            columns = header.Shape[1];
        if ((rows == 0 && !mayBeEmpty) || columns == 0)
            throw NpyFile.Refuse(path, shape, $"has shape {shape}: there is nothing to cluster.");
        if (rows > Array.MaxLength || columns > Array.MaxLength)
        {
            throw NpyFile.Refuse(
                path,
                shape,
                $"has shape {shape}, more than the {Array.MaxLength} rows or columns that can be read; take fewer rows."
            );
        }

        return (type, (int)rows, (int)columns);
    }

    /// <summary>Reads a file; what the file system refuses becomes a typed error that names it.</summary>
    /// <exception cref="InvalidFileException">Absent, or not readable.</exception>
    internal static T Reading<T>(string path, Func<T> read, bool folders = false)
    {
        try
        {
            if (!folders && Directory.Exists(path))
                throw NpyFile.Refuse(path, path, "cannot be read: it is a folder; name a file.");
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

    /// <summary>Does work on several threads; what one of them throws comes out as it is, the first of several.</summary>
    internal static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <summary>The typed error of a file that could be opened and cannot be read.</summary>
    internal static InvalidFileException Unreadable(string path, Exception e) =>
        e is InvalidDataException or EndOfStreamException
            ? NpyFile.Refuse(path, path, "is damaged: it ends or changes within its values; fetch or write it again.", e)
            : NpyFile.Refuse(path, path, $"cannot be read: {FileRefusal.Reason(e)}.", e);
}
