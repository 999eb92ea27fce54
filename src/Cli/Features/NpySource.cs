using System.IO.Compression;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Features;

/// <summary>Where an array is read from: an .npy file, or the one array of rows in an .npz archive of NumPy's.</summary>
/// <param name="Open">Opens it at its first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsArchive">Whether it lies within an archive, packed or not.</param>
/// <param name="Description">What of a file is read, where that is not all; else empty.</param>
sealed record NpySource(Func<Stream> Open, long Length, bool IsArchive, string Description)
{
    const string Ending = ".npy";

    // Deflate packs by no more than this. What the directory of an archive says of an entry nobody has checked, and memory is taken by it.
    const long MostPacked = 1_032;

    /// <summary>Finds the array of a file.</summary>
    /// <exception cref="InvalidFileException">It is no regular file, or an archive in which no array or several could be meant.</exception>
    public static NpySource Of(string path)
    {
        using var stream = File.OpenRead(path);
        if (!stream.CanSeek)
            throw NpyFile.Refuse(path, path, "is no regular file: save the features to one, they are read twice.");
        Span<byte> start = stackalloc byte[FirstBytes.Length];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return FirstBytes.IsZip(start) ? OfArchive(path, start) : new NpySource(() => File.OpenRead(path), stream.Length, false, "");
    }

    static NpySource OfArchive(string path, ReadOnlySpan<byte> start)
    {
        using var archive = ZipFile.OpenRead(path);
        var arrays = archive.Entries.Where(entry => entry.FullName.EndsWith(Ending, StringComparison.Ordinal)).ToArray();
        if (arrays.Length == 0)
            throw NpyFile.Refuse(path, "magic", FirstBytes.Problem(start, Wanted.Array)!);
        var matrices = arrays.Where(entry => IsMatrix(entry, path)).ToArray();
        if (matrices is [var one])
        {
            string[] others = [.. arrays.Where(entry => entry != one).Select(NameOf)];
            var passedOver = others.Length == 0 ? "" : $" ({string.Join(", ", others)} passed over)";
            if (one.Length > MostPacked * new FileInfo(path).Length)
            {
                throw NpyFile.Refuse(
                    path,
                    $"{one.Length} bytes",
                    $"is damaged: it says that '{NameOf(one)}' unpacks to {one.Length} bytes, more than a file of its size can hold; "
                        + "fetch or write it again."
                );
            }

            var description = $"array '{NameOf(one)}' of the archive{passedOver}";
            return new NpySource(() => new ArchiveStream(path, one.FullName), one.Length, true, description);
        }

        string[] all = [.. (matrices.Length == 0 ? arrays : matrices).Select(NameOf)];
        var names = string.Join(", ", all);
        throw NpyFile.Refuse(
            path,
            names,
            $"holds {(matrices.Length == 0 ? "no 2-D array of numbers" : "several 2-D arrays")}, but {names}: "
                + $"save the rows alone with numpy.save('features.npy', numpy.load(FILE)['{all[0]}'])."
        );
    }

    static string NameOf(ZipArchiveEntry entry) => entry.FullName[..^Ending.Length];

    static bool IsMatrix(ZipArchiveEntry entry, string path)
    {
        try
        {
            using var stream = entry.Open();
            var header = NpyHeader.Read(stream, path);
            return header.Shape.Count == 2 && NpyType.Parse(header.ElementType) is not null;
        }
        catch (InvalidFileException)
        {
            return false; // an array of records, which has no plain type
        }
    }

    /// <summary>One entry of an archive that is open as long as the entry is.</summary>
    sealed class ArchiveStream : Stream
    {
        readonly ZipArchive _archive;
        readonly Stream _entry;

        public ArchiveStream(string path, string name)
        {
            _archive = ZipFile.OpenRead(path);
            _entry = _archive.GetEntry(name)!.Open();
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _entry.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => _entry.Read(buffer);

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _entry.Dispose();
            _archive.Dispose();
            base.Dispose(disposing);
        }
    }
}
