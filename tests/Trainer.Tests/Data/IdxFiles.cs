using System.IO.Compression;

namespace CoKe.Trainer.Tests.Data;

/// <summary>Writes the formats under test.</summary>
static class IdxFiles
{
    /// <summary>Writes a file, packed where its name says so.</summary>
    public static string Write(this TemporaryFolder folder, string name, byte[] content)
    {
        using Stream file = File.Create(folder.File(name));
        using var stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(content);
        return folder.File(name);
    }

    /// <summary>A header of the given sizes and as many values as asked, 0, 1, 2, ...</summary>
    public static byte[] Idx(uint[] sizes, int values)
    {
        List<byte> bytes = [0, 0, 8, (byte)sizes.Length];
        foreach (var size in sizes)
            bytes.AddRange([(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size]);
        bytes.AddRange(Enumerable.Range(0, values).Select(v => (byte)(v % 10)));
        return [.. bytes];
    }

    /// <summary>Images and their labels.</summary>
    public static void WritePair(this TemporaryFolder folder, string prefix, uint count, uint side, string suffix = "")
    {
        folder.Write($"{prefix}-images-idx3-ubyte{suffix}", Idx([count, side, side], (int)(count * side * side)));
        folder.Write($"{prefix}-labels-idx1-ubyte{suffix}", Idx([count], (int)count));
    }
}
