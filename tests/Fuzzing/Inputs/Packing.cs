using System.IO.Compression;
using System.Text;

namespace CoKe.Fuzzing.Inputs;

/// <summary>Makes what is in inputs of more than one target.</summary>
static class Packing
{
    /// <summary>By gzip.</summary>
    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>A file of few kilobytes that unpacks to many megabytes.</summary>
    /// <param name="start">What these begin with.</param>
    /// <param name="filling">What comes again after that.</param>
    /// <param name="megabytes">How many.</param>
    public static byte[] Bomb(byte[] start, string filling, int megabytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(start);
            var chunk = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(filling, (1 << 20) / filling.Length)));
            for (var i = 0; i < megabytes; i++)
                gzip.Write(chunk);
        }

        return packed.ToArray();
    }

    /// <summary>An archive as NumPy's savez writes it.</summary>
    public static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return archive.ToArray();
    }

    /// <summary>So many brackets, one in the other.</summary>
    public static byte[] Nested(string open, int depth, string close = "") =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(open, depth)) + string.Concat(Enumerable.Repeat(close, depth)));

    /// <summary>A value of Orleans' format in which, at one place after the other, there are objects within objects that nobody
    /// knows.</summary>
    public static IEnumerable<byte[]> NestedObjects(byte[] valid) =>
        Enumerable.Range(1, Math.Min(valid.Length, 160)).Select(at => (byte[])[.. valid[..at], .. Enumerable.Repeat((byte)0x26, 100_000)]);

    /// <summary>UTF-8.</summary>
    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
