using System.Buffers.Binary;
using System.Numerics;
using CoKe.Files;

namespace CoKe.Trainer.TensorBoard;

/// <summary>
/// A file of records as TensorFlow writes it and TensorBoard reads it: the length of the content in 8 bytes, its checksum, the content, its
/// checksum; all little-endian.
/// </summary>
static class EventFile
{
    const int LengthSize = sizeof(ulong),
        ChecksumSize = sizeof(uint),
        Around = LengthSize + 2 * ChecksumSize;

    /// <summary>Puts records behind those that are there.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">The file system refuses.</exception>
    public static void Append(string path, IEnumerable<byte[]> contents)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            foreach (var content in contents)
                file.Write(Framed(content));
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            throw FileRefusal.Of(
                path,
                path,
                $"cannot be written: {FileRefusal.Reason(e)}; make room or allow it, then go on with --resume.",
                e
            );
        }
    }

    /// <summary>The records of a file and where each ends, up to the first that is torn or damaged: a process may have been killed while it
    /// wrote.</summary>
    public static List<(byte[] Content, long End)> Read(string path)
    {
        var records = new List<(byte[], long)>();
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        for (var at = 0; bytes.Length - at >= Around;)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            if (length > (ulong)(bytes.Length - at - Around))
                break;
            var content = bytes.AsSpan(at + LengthSize + ChecksumSize, (int)length).ToArray();
            if (!bytes.AsSpan(at, Around + (int)length).SequenceEqual(Framed(content)))
                break;
            at += Around + (int)length;
            records.Add((content, at));
        }
        return records;
    }

    /// <summary>Cuts a file after so many bytes.</summary>
    public static void Cut(string path, long length)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        file.SetLength(length);
    }

    /// <summary>CRC-32C (Castagnoli).</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    static byte[] Framed(byte[] content)
    {
        var record = new byte[Around + content.Length];
        BinaryPrimitives.WriteInt64LittleEndian(record, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(LengthSize), Masked(record.AsSpan(0, LengthSize)));
        content.CopyTo(record, LengthSize + ChecksumSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - ChecksumSize), Masked(content));
        return record;
    }

    /// <summary>The format's own disguise: a checksum of something that holds checksums would be weak.</summary>
    static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Crc32C(bytes), 15) + 0xa282ead8;
}
