using System.Buffers.Binary;
using System.IO.Compression;
using CoKe.Files;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>
/// Reads the IDX format of MNIST: two zero bytes, a type, the number of dimensions, their sizes as big-endian 32-bit integers, the values.
/// Whether a file is packed by gzip is told by its first bytes, not by its name.
/// </summary>
public static class IdxFile
{
    /// <summary>The type of bytes, and that of QMNIST's labels.</summary>
    const byte Bytes = 0x08,
        Integers = 0x0c;

    /// <summary>No file may declare more bytes than this, unless more are allowed: 1 GiB.</summary>
    public const int DefaultLimit = 1 << 30;

    // gzip cannot shrink by more, so a header that declares more than that is caught before anything is allocated.
    const int MostOfGzip = 1032;

    /// <summary>Reads images [count, height, width].</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">At most so many bytes.</param>
    /// <exception cref="CoKe.Errors.InvalidFileException">Truncated, wrong magic, or dimensions that the file does not hold.</exception>
    public static ImageSet ReadImages(string path, int limit = DefaultLimit)
    {
        var (_, sizes, values) = Read(path, limit, (Bytes, 3));
        return new ImageSet(values, channels: 1, sizes[1], sizes[2]);
    }

    /// <summary>Reads labels: [count] bytes, or the first column of [count, columns] integers, as QMNIST has them.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">Truncated, wrong magic, or dimensions that the file does not hold.</exception>
    public static EvaluationLabels ReadLabels(string path)
    {
        var (type, sizes, values) = Read(path, DefaultLimit, (Bytes, 1), (Integers, 2));
        if (type == Bytes)
            return new EvaluationLabels([.. values.Select(value => (int)value)]);
        var row = values.Length / sizes[0];
        var classes = Enumerable
            .Range(0, sizes[0])
            .Select(image => BinaryPrimitives.ReadInt32BigEndian(values.AsSpan(image * row)))
            .ToArray();
        return classes.All(one => one is >= 0 and <= byte.MaxValue)
            ? new EvaluationLabels(classes)
            : throw BadFile.Because(path, "has classes that are not 0 to 255: put the labels of these images there.");
    }

    static (byte Type, int[] Sizes, byte[] Values) Read(string path, int limit, params (byte Type, int Dimensions)[] expected)
    {
        try
        {
            using var file = File.OpenRead(path);
            var start = new byte[FirstBytes.Length];
            var packed = FirstBytes.IsGzip(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
            file.Position = 0;
            var mostBytes = Math.Min(limit, packed ? file.Length * MostOfGzip : file.Length);
            using Stream stream = packed ? new GZipStream(file, CompressionMode.Decompress) : file;
            return Read(path, stream, expected, mostBytes, limit);
        }
        catch (InvalidDataException e)
        {
            throw BadFile.Because(path, $"is no intact gzip file ({e.Message.TrimEnd('.')}); fetch it again.");
        }
        catch (EndOfStreamException)
        {
            throw BadFile.Because(path, "is truncated: it ends before the values that its header declares; fetch it again.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw BadFile.Because(path, "does not exist.");
        }
    }

    static (byte Type, int[] Sizes, byte[] Values) Read(
        string path,
        Stream stream,
        (byte Type, int Dimensions)[] expected,
        long mostBytes,
        int limit
    )
    {
        Span<byte> word = stackalloc byte[4];
        var read = stream.ReadAtLeast(word, word.Length, throwOnEndOfStream: false);
        if (read < word.Length)
            throw read == 0
                ? BadFile.Because(path, "is empty: fetch it again.")
                : BadFile.Because(path, Wanted.Data, "is truncated: it ends within its header; fetch it again.");
        var magic = BinaryPrimitives.ReadInt32BigEndian(word);
        var (type, dimensions) = expected.FirstOrDefault(kind => magic == (kind.Type << 8) + kind.Dimensions);
        if (dimensions == 0)
        {
            // What is packed was recognized already: what is inside is no IDX file.
            var wanted = string.Join(" or ", expected.Select(kind => $"0x{(kind.Type << 8) + kind.Dimensions:x8}"));
            var problem =
                $"starts with the magic number 0x{magic:x8}, and IDX files of {(expected[0].Dimensions == 3 ? "images" : "labels")} "
                + $"with {wanted}: fetch it again.";
            throw (magic & ~0xff) == Bytes << 8 || FirstBytes.IsGzip(FirstBytes.Of(path))
                ? BadFile.Because(path, problem)
                : BadFile.Because(path, Wanted.Data, problem);
        }
        var sizes = new int[dimensions];
        var total = type == Integers ? (long)sizeof(int) : 1;
        for (var i = 0; i < dimensions; i++)
        {
            stream.ReadExactly(word);
            var size = BinaryPrimitives.ReadUInt32BigEndian(word);
            if (size == 0)
                throw BadFile.Because(path, $"declares dimension {i} as 0; there is nothing to read.");
            // Checked at every dimension, so that the product cannot overflow.
            if (size > mostBytes || (total *= size) > mostBytes)
                throw BadFile.Because(
                    path,
                    mostBytes < limit
                        ? $"declares {size} in dimension {i}, more values than the file can hold: it is truncated or damaged; "
                            + "fetch it again."
                        : $"declares {size} in dimension {i}, more values than the {limit} bytes of data.byte-limit: raise that, "
                            + $"up to {Array.MaxLength}, or give fewer images."
                );
            sizes[i] = (int)size;
        }
        var values = new byte[total];
        stream.ReadExactly(values);
        if (stream.ReadByte() >= 0)
            throw BadFile.Because(path, $"holds more than the {total} bytes of values that its header declares: fetch it again.");
        return (type, sizes, values);
    }
}
