using System.IO.Compression;

namespace CoKe.Trainer.Tests.Data;

/// <summary>A folder for one test, with writers of the formats under test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("coke-trainer-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, byte[] content)
    {
        using Stream file = System.IO.File.Create(File(name));
        using var stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(content);
        return File(name);
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

    public void WritePair(string prefix, uint count, uint side, string suffix = "")
    {
        Write($"{prefix}-images-idx3-ubyte{suffix}", Idx([count, side, side], (int)(count * side * side)));
        Write($"{prefix}-labels-idx1-ubyte{suffix}", Idx([count], (int)count));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
