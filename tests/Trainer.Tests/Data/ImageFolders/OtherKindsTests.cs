using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using SkiaSharp;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>WebP, BMP and GIF files, by what is in them whatever their names.</summary>
public sealed class OtherKindsTests : IDisposable
{
    const int Width = 7,
        Height = 5;

    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("0.webp")]
    [InlineData("0.bmp")]
    [InlineData("0.gif")]
    [InlineData("0.png")] // a BMP file
    public void Read_AnImageOfEachKind_HasItsPixels(string name)
    {
        _tree.Write(
            name,
            Path.GetExtension(name) switch
            {
                ".webp" => WebP(),
                ".gif" => Gif(),
                _ => Bmp(),
            }
        );

        using var batch = new FolderImages(ImageFolder.Open(_tree.Path), new ImageFolderOptions())
            .Read([
                [0],
            ])
            .Single();

        Assert.Empty(batch.Unreadable);
        Assert.Equal(new ImageSize(Height, Width), batch.Images.Sizes[0]);
        Assert.Equal(
            Enumerable.Range(0, 3 * Width * Height).Select(i => Value(i / (Width * Height), i % Width, i % (Width * Height) / Width)),
            batch.Images[0].ToArray()
        );
    }

    [Theory]
    [InlineData("0.webp")]
    [InlineData("0.bmp")]
    [InlineData("0.gif")]
    public void Read_ATruncatedOne_IsNamed(string name)
    {
        var whole = Path.GetExtension(name) switch
        {
            ".webp" => WebP(),
            ".gif" => Gif(),
            _ => Bmp(),
        };
        _tree.Write(name, whole[..(whole.Length / 2)]);
        _tree.With("1.png");

        using var batch = new FolderImages(ImageFolder.Open(_tree.Path), new ImageFolderOptions())
            .Read([
                [0, 1],
            ])
            .Single();

        Assert.Equal(name, Assert.Single(batch.Unreadable).Path);
    }

    /// <summary>One of 16 colors for every pixel, so that a palette holds them all.</summary>
    static byte Value(int channel, int x, int y) => (byte)(17 * ((3 * x + 5 * y + x * y) % 16) ^ (channel * 85));

    static byte[] WebP()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                bitmap.SetPixel(x, y, new SKColor(Value(0, x, y), Value(1, x, y), Value(2, x, y)));
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100));
        return data!.ToArray();
    }

    /// <summary>24 bits, from the bottom up, rows of whole words.</summary>
    static byte[] Bmp()
    {
        const int header = 54,
            row = (3 * Width + 3) / 4 * 4;
        var file = new byte[header + row * Height];
        void Word(int at, int value) => BitConverter.TryWriteBytes(file.AsSpan(at), value);
        (file[0], file[1]) = ((byte)'B', (byte)'M');
        Word(2, file.Length);
        Word(10, header);
        Word(14, 40);
        Word(18, Width);
        Word(22, Height);
        Word(26, 1 | 24 << 16);
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                for (var c = 0; c < 3; c++)
                    file[header + (Height - 1 - y) * row + 3 * x + c] = Value(2 - c, x, y);
        return file;
    }

    /// <summary>Of two pictures the first counts. Codes of 5 bits, none longer, since the table is cleared before every pixel.</summary>
    static byte[] Gif()
    {
        List<byte> file = [.. "GIF89a"u8, Width, 0, Height, 0, 0xf3, 0, 0];
        for (var color = 0; color < 16; color++)
            file.AddRange([(byte)(17 * color), (byte)(17 * color ^ 85), (byte)(17 * color ^ 170)]);
        foreach (var shift in (int[])[0, 1])
        {
            const int clear = 16,
                end = 17;
            List<int> codes =
            [
                .. from y in Enumerable.Range(0, Height)
                from x in Enumerable.Range(0, Width)
                from code in (int[])[clear, (3 * x + 5 * y + x * y + shift) % 16]
                select code,
                end,
            ];
            var bits = codes
                .SelectMany(code => Enumerable.Range(0, 5).Select(bit => code >> bit & 1))
                .Chunk(8)
                .Select(eight => (byte)eight.Index().Sum(bit => bit.Item << bit.Index))
                .ToArray();
            file.AddRange([0x2c, 0, 0, 0, 0, Width, 0, Height, 0, 0, 4, (byte)bits.Length, .. bits, 0]);
        }
        return [.. file, 0x3b];
    }
}
