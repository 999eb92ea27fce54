using System.Buffers.Binary;
using System.IO.Compression;

namespace CoKe.Trainer.Data;

/// <summary>Reads the IDX format of MNIST: two zero bytes, type 0x08 (unsigned byte), the number of dimensions, their sizes as big-endian 32-bit integers, the values.</summary>
public static class IdxFile
{
    /// <summary>Reads images [count, height, width]; a name ending in .gz is decompressed.</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">Truncated, wrong magic, or dimensions that the file does not hold.</exception>
    public static ImageSet ReadImages(string path)
    {
        var (sizes, values) = Read(path, dimensions: 3);
        return new ImageSet(values, channels: 1, sizes[1], sizes[2]);
    }

    /// <summary>Reads labels [count].</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">Truncated, wrong magic, or dimensions that the file does not hold.</exception>
    public static EvaluationLabels ReadLabels(string path) => new([.. Read(path, dimensions: 1).Values.Select(v => (int)v)]);

    static (int[] Sizes, byte[] Values) Read(string path, int dimensions)
    {
        try
        {
            using var file = File.OpenRead(path);
            // gzip cannot shrink by more than 1032 to 1, so a header that declares more than that is caught before anything is allocated.
            var compressed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
            var mostBytes = Math.Min(BadFile.MaxBytes, compressed ? file.Length * 1032 : file.Length);
            using Stream stream = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
            return Read(path, stream, dimensions, mostBytes);
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

    static (int[] Sizes, byte[] Values) Read(string path, Stream stream, int dimensions, long mostBytes)
    {
        Span<byte> word = stackalloc byte[4];
        stream.ReadExactly(word);
        var magic = BinaryPrimitives.ReadInt32BigEndian(word);
        if (magic != 0x0800 + dimensions)
            throw BadFile.Because(path, $"starts with the magic number 0x{magic:x8}; IDX bytes of {dimensions} dimension(s) start with 0x{0x0800 + dimensions:x8}.");
        var sizes = new int[dimensions];
        var total = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            stream.ReadExactly(word);
            var size = BinaryPrimitives.ReadUInt32BigEndian(word);
            if (size == 0)
                throw BadFile.Because(path, $"declares dimension {i} as 0; there is nothing to read.");
            // Checked at every dimension, so that the product cannot overflow.
            if (size > mostBytes || (total *= size) > mostBytes)
                throw BadFile.Because(path, $"declares {size} in dimension {i}, more values than the file (or the limit of {BadFile.MaxBytes} bytes) can hold.");
            sizes[i] = (int)size;
        }
        var values = new byte[total];
        stream.ReadExactly(values);
        if (stream.ReadByte() >= 0)
            throw BadFile.Because(path, $"holds more than the {total} values that its header declares.");
        return (sizes, values);
    }
}
