using CoKe.Learning.Images;
using SkiaSharp;

namespace CoKe.Trainer.Report;

/// <summary>Some images side by side as one PNG, for embedding in a page.</summary>
static class ImageStrip
{
    const int Gap = 1;

    /// <param name="images">The images.</param>
    /// <param name="brightest">The value that stands for white.</param>
    /// <returns>A data URI.</returns>
    public static string DataUri(ImageSet images, byte brightest)
    {
        using var bitmap = new SKBitmap(
            new SKImageInfo((images.Width + Gap) * images.Count - Gap, images.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul)
        );
        bitmap.Erase(SKColors.Transparent);
        var plane = images.Height * images.Width;
        for (var i = 0; i < images.Count; i++)
        {
            var image = images[i];
            for (var y = 0; y < images.Height; y++)
                for (var x = 0; x < images.Width; x++)
                    bitmap.SetPixel(i * (images.Width + Gap) + x, y, Color(image, y * images.Width + x));
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return "data:image/png;base64," + Convert.ToBase64String(png.AsSpan());

        SKColor Color(ReadOnlySpan<byte> image, int at)
        {
            byte Channel(ReadOnlySpan<byte> values, int channel) => (byte)(values[channel * plane + at] * 255 / brightest);
            return images.Channels >= 3
                ? new SKColor(Channel(image, 0), Channel(image, 1), Channel(image, 2))
                : new SKColor(Channel(image, 0), Channel(image, 0), Channel(image, 0));
        }
    }
}
