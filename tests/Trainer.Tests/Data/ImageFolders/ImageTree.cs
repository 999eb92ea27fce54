using SkiaSharp;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>A folder of small images for one test.</summary>
sealed class ImageTree : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public string File(string name) => _folder.File(name);

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        return _folder.Write(name, content);
    }

    public void Folder(string name) => Directory.CreateDirectory(File(name));

    public void LinkFolder(string name, string target) => Directory.CreateSymbolicLink(File(name), target);

    /// <summary>A file for every name, of other pixels each; the name says of which kind.</summary>
    public ImageTree With(params string[] names)
    {
        foreach (var (i, name) in names.Index())
            Write(
                name,
                name.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? Png(9 + i % 3, 7 + i % 2, i) : Jpeg(9 + i % 3, 7 + i % 2, i)
            );
        return this;
    }

    public static byte[] Png(int width, int height, int seed) => Encoded(width, height, seed, SKEncodedImageFormat.Png);

    public static byte[] Jpeg(int width, int height, int seed) => Encoded(width, height, seed, SKEncodedImageFormat.Jpeg);

    /// <summary>What <see cref="Png"/> holds: red, green and blue planes.</summary>
    public static byte[] Planes(int width, int height, int seed) =>
        [
            .. from c in Enumerable.Range(0, 3)
            from y in Enumerable.Range(0, height)
            from x in Enumerable.Range(0, width)
            select Value(c, x, y, seed),
        ];

    public void Dispose() => _folder.Dispose();

    static byte[] Encoded(int width, int height, int seed, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(Value(0, x, y, seed), Value(1, x, y, seed), Value(2, x, y, seed)));
        using var data = bitmap.Encode(format, quality: 95);
        return data.ToArray();
    }

    static byte Value(int channel, int x, int y, int seed) => (byte)(seed * 37 + x * (5 + channel) + y * 11);
}
