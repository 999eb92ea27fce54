using System.Buffers;
using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;
using Microsoft.Win32.SafeHandles;

namespace CoKe.Cli.Features;

/// <summary>
/// Feature rows that stay in their files: every read takes them from there, widens them to float32 and divides by their norm, to the same
/// bits as <see cref="FeatureMatrix"/>. What the system has in its file cache is only copied.
/// </summary>
/// <remarks>
/// Files are read at a place and not mapped into memory: a file that becomes shorter, or a disk that fails, under a mapping ends the
/// process with a signal, where a read ends with an error that names the file.
/// </remarks>
sealed class FileRows : RowSource, IDisposable
{
    // Bytes that one read takes at most.
    const int PieceBytes = 1 << 18;

    // A gather of fewer rows is not worth several threads.
    const int LeastRowsPerThread = 16;

    readonly FeatureInput _input;
    readonly SafeFileHandle[] _inOrder; // for ranges: the system reads ahead
    readonly SafeFileHandle[] _anywhere; // for rows here and there: it does not
    readonly NpyType _type;
    readonly bool _isAnnounced; // whether the disk is told which rows a gather will read
    double[]? _norms; // null: rows are unit vectors, or not yet inspected

    /// <summary>Opens the files; rows are as they are in them until they are inspected.</summary>
    /// <param name="input">Files whose rows can be read in place.</param>
    /// <exception cref="InvalidFileException">A file cannot be opened; names it.</exception>
    public FileRows(FeatureInput input)
        : base(input.Rows, input.Columns)
    {
        (_input, _type) = (input, input.Files[0].Type);

        // Files of less stay in the file cache once they have been read, and to announce their rows would cost more than to copy them.
        _isAnnounced = input.Bytes > Math.Min(FreeMemory.Bytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 2;
        (_inOrder, _anywhere) = (new SafeFileHandle[input.Files.Count], new SafeFileHandle[input.Files.Count]);
        for (var f = 0; f < input.Files.Count; f++)
        {
            var path = input.Files[f].Path;
            _inOrder[f] = NpyMatrix.Reading(path, () => File.OpenHandle(path, options: FileOptions.SequentialScan));
            _anywhere[f] = NpyMatrix.Reading(path, () => File.OpenHandle(path, options: FileOptions.RandomAccess));
        }
    }

    /// <summary>What is done to the rows, one sentence for people.</summary>
    public string Preparation { get; private set; } = "";

    /// <inheritdoc/>
    public override bool IsInMemory => false;

    /// <summary>Opens the files and reads every row once, for its norm.</summary>
    /// <param name="input">Files whose rows can be read in place.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">A file cannot be read; names it.</exception>
    /// <exception cref="InvalidEmbeddingsException">
    /// A row holds NaN or infinity, is zero, or has another norm and must not be normalized.
    /// </exception>
    public static FileRows Open(FeatureInput input, bool normalize = true)
    {
        var rows = new FileRows(input);
        try
        {
            rows.Inspect(normalize);
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of managed memory that reading takes, beyond what is read.</summary>
    /// <param name="rows">N.</param>
    /// <param name="dimension">d.</param>
    /// <param name="threads">Threads that read.</param>
    public static long Memory(long rows, int dimension, int threads) =>
        (sizeof(double) * rows) + ScanMemoryOf(dimension) + ((threads + 2L) * Math.Max(PieceBytes, sizeof(double) * (long)dimension));

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Range(int first, int count, RowBuffer buffer)
    {
        CheckRange(first, count);
        var values = buffer.Of(count * Dimension);
        for (var i = 0; i < count;)
        {
            var (file, row) = _input.Locate(first + i);
            var together = Math.Min(count - i, _input.Files[file].Rows - row);
            Read(_inOrder[file], file, row, first + i, values.Slice(i * Dimension, together * Dimension));
            i += together;
        }

        return values;
    }

    /// <inheritdoc/>
    public override void Gather(ReadOnlySpan<int> rows, Span<float> values)
    {
        CheckRows(rows, values);
        int[] sorted = rows.ToArray(),
            places = new int[rows.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = i;
        Array.Sort(sorted, places); // the disk is met in one direction
        unsafe
        {
            fixed (float* to = values)
            {
                var (start, length) = ((nint)to, values.Length);
                var parts = Math.Clamp(sorted.Length / LeastRowsPerThread, 1, Environment.ProcessorCount);
                if (parts == 1)
                    GatherPart(0, 1);
                else
                    NpyMatrix.Unwrapped(() => Parallel.For(0, parts, part => GatherPart(part, parts)));

                void GatherPart(int part, int of)
                {
                    var all = new Span<float>((float*)start, length);
                    int from = (int)((long)sorted.Length * part / of),
                        end = (int)((long)sorted.Length * (part + 1) / of);
                    for (var i = from; i < end && _isAnnounced; i++)
                        Announce(sorted[i]);
                    for (var i = from; i < end; i++)
                    {
                        var (file, row) = _input.Locate(sorted[i]);
                        Read(_anywhere[file], file, row, sorted[i], all.Slice(places[i] * Dimension, Dimension));
                    }
                }
            }
        }
    }

    /// <summary>Closes the files; nobody may read any more.</summary>
    public void Dispose()
    {
        foreach (var handle in _inOrder.Concat(_anywhere))
            handle?.Dispose();
    }

    /// <summary>Reads every row once, for its norm: from now on rows are unit vectors.</summary>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">A file cannot be read; names it.</exception>
    /// <exception cref="InvalidEmbeddingsException">
    /// A row holds NaN or infinity, is zero, or has another norm and must not be normalized.
    /// </exception>
    public void Inspect(bool normalize = true)
    {
        var norms = new double[Rows];
        Scan((first, values) => RowNorm.Of(values, Dimension, norms.AsSpan(first, values.Length / Dimension), first, _input));
        double smallest = norms.Min(),
            largest = norms.Max();
        Preparation = RowNorm.Preparation(smallest, largest, _input.Description);
        if (RowNorm.AreUnit(smallest, largest))
            return;
        if (!normalize)
            throw RowNorm.NotUnit(norms, _input);
        _norms = norms;
    }

    void Announce(int row)
    {
        var (file, within) = _input.Locate(row);
        var bytes = (long)Dimension * _type.Width;
        FileAdvice.WillNeed(_anywhere[file], _input.Files[file].Start + (within * bytes), bytes);
    }

    // Whole rows of one file; row is the number of the first in it, and of all rows.
    void Read(SafeFileHandle handle, int file, int row, int ofAll, Span<float> values)
    {
        var most = Math.Max(1, PieceBytes / (Dimension * (long)_type.Width));
        for (var i = 0; i * (long)Dimension < values.Length;)
        {
            var count = (int)Math.Min(most, (values.Length / Dimension) - i);
            var piece = values.Slice(i * Dimension, count * Dimension);
            ReadPiece(handle, file, row + i, piece);
            for (var r = 0; r < count && _norms is not null; r++)
                RowNorm.Divide(piece.Slice(r * Dimension, Dimension), _norms[ofAll + i + r]);
            i += count;
        }
    }

    void ReadPiece(SafeFileHandle handle, int file, int row, Span<float> values)
    {
        var from = _input.Files[file];
        var offset = from.Start + ((long)row * Dimension * _type.Width);
        if (_type.IsFloat32)
        {
            ReadBytes(handle, from.Path, offset, MemoryMarshal.AsBytes(values));
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(values.Length * _type.Width);
        try
        {
            var read = bytes.AsSpan(0, values.Length * _type.Width);
            ReadBytes(handle, from.Path, offset, read);
            _type.Convert(read, values);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    static void ReadBytes(SafeFileHandle handle, string path, long offset, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var read = RandomAccess.Read(handle, bytes, offset);
                if (read == 0)
                    throw new EndOfStreamException();
                bytes = bytes[read..];
                offset += read;
            }
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            throw NpyMatrix.Unreadable(path, e);
        }
    }
}
