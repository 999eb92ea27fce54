using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using SkiaSharp;

namespace CoKe.Trainer.Report;

/// <summary>Images for a page: as they are where all have one size, else their middle, made small.</summary>
static class Pictures
{
    const int Side = 64;

    /// <summary>Reads some images; those that cannot be read are left out.</summary>
    /// <returns>Null when too many cannot: a page does without them.</returns>
    public static ImageSet? Of(IImageSource images, int[] ids)
    {
        try
        {
            return Read(images, ids);
        }
        catch (UnreadableImagesException)
        {
            return null;
        }
    }

    static ImageSet Read(IImageSource images, int[] ids)
    {
        using var batch = images.Read([ids]).Single();
        if (images is MemoryImages)
            return new ImageSet(batch.Images.Pixels, batch.Images.Channels, batch.Images.Sizes[0].Height, batch.Images.Sizes[0].Width);
        return new ImageSet(
            [.. Enumerable.Range(0, batch.Images.Count).SelectMany(i => Small(batch.Images[i], batch.Images.Sizes[i]))],
            batch.Images.Channels,
            Side,
            Side
        );
    }

    static byte[] Small(ReadOnlySpan<byte> planes, ImageSize size)
    {
        using var whole = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < size.Height; y++)
            for (var x = 0; x < size.Width; x++)
            {
                var at = y * size.Width + x;
                whole.SetPixel(x, y, new SKColor(planes[at], planes[size.Plane + at], planes[2 * size.Plane + at]));
            }
        var side = Math.Min(size.Height, size.Width);
        using var small = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(small))
        using (var image = SKImage.FromBitmap(whole))
            canvas.DrawImage(
                image,
                SKRect.Create((size.Width - side) / 2, (size.Height - side) / 2, side, side),
                SKRect.Create(Side, Side),
                new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear)
            );
        var values = new byte[3 * Side * Side];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var (color, at) = (small.GetPixel(x, y), y * Side + x);
                (values[at], values[Side * Side + at], values[2 * Side * Side + at]) = (color.Red, color.Green, color.Blue);
            }
        return values;
    }
}
