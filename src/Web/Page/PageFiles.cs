using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace CoKe.Web.Page;

/// <summary>The files of the page, as they lie in this assembly: a silo needs no folder and no network to show it.</summary>
static class PageFiles
{
    const string Folder = "page/";

    static readonly FrozenDictionary<string, string> _types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".LICENSE"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary();

    static readonly Lazy<FrozenDictionary<string, PageFile>> _all = new(ReadAll);

    /// <summary>Every file by its path below the page's address.</summary>
    public static FrozenDictionary<string, PageFile> All => _all.Value;

    static FrozenDictionary<string, PageFile> ReadAll()
    {
        var assembly = typeof(PageFiles).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => name[Folder.Length..],
                name =>
                {
                    using var stream = assembly.GetManifestResourceStream(name)!;
                    var bytes = new byte[stream.Length];
                    stream.ReadExactly(bytes);
                    return new PageFile(_types[Path.GetExtension(name)], bytes, Compress(bytes), Tag(bytes));
                }
            );
    }

    static byte[] Compress(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var packer = new GZipStream(packed, CompressionLevel.SmallestSize))
            packer.Write(bytes);
        return packed.ToArray();
    }

    static string Tag(byte[] bytes) => $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"";
}

/// <summary>One file of the page.</summary>
/// <param name="Type">Its content type.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Packed">The same with gzip.</param>
/// <param name="Tag">Names its content.</param>
sealed record PageFile(string Type, byte[] Bytes, byte[] Packed, string Tag);
