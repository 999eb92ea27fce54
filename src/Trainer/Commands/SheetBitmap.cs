using CoKe.Errors;
using SkiaSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Commands;

/// <summary>A grid of pictures on a muted blue, on which black, white and gray ones show: columns as wide as their pictures, rows as high
/// as the widest, the first column set apart.</summary>
sealed class SheetBitmap : IDisposable
{
    const int Gap = 4,
        Apart = 12,
        MostPixels = 1 << 27;
    readonly SKBitmap _bitmap;
    readonly int[] _lefts,
        _sides;
    readonly int _magnification,
        _height;

    /// <param name="rows">How many.</param>
    /// <param name="sides">Pixels of the pictures of every column.</param>
    /// <param name="magnification">How many pixels one becomes.</param>
    /// <exception cref="InvalidOptionsException">The sheet would be larger than what programs can show.</exception>
    public SheetBitmap(int rows, int[] sides, int magnification)
    {
        (_sides, _magnification, _height) = (sides, magnification, sides.Max() * magnification);
        _lefts = new int[sides.Length];
        var width = Gap;
        for (var column = 0; column < sides.Length; column++)
        {
            _lefts[column] = width;
            width += sides[column] * magnification + (column == 0 ? Apart : Gap);
        }
        var total = Gap + rows * (_height + Gap);
        if ((long)total * width > MostPixels)
            throw new InvalidOptionsException(
                "images",
                $"{rows}",
                $"{rows} images with {sides.Length - 1} views make a picture of {width}x{total} pixels; ask for fewer or smaller ones."
            );
        _bitmap = new SKBitmap(new SKImageInfo(width, total, SKColorType.Rgba8888, SKAlphaType.Opaque));
        _bitmap.Erase(new SKColor(0x5a, 0x78, 0xa0));
    }

    /// <summary>Rows and columns of a cell, in pixels of the sheet.</summary>
    public int Side(int column) => _sides[column] * _magnification;

    /// <summary>Puts a picture [c, h, w] of values 0 to 1 into the middle of its cell, every pixel of it <paramref name="times"/> as
    /// large.</summary>
    public void Put(int row, int column, Tensor picture, int times)
    {
        var (channels, h, w) = ((int)picture.shape[0], (int)picture.shape[1], (int)picture.shape[2]);
        var values = picture.contiguous().data<float>().ToArray();
        var (left, top) = (_lefts[column] + (Side(column) - w * times) / 2, Gap + row * (_height + Gap) + (_height - h * times) / 2);
        byte Value(int channel, int at) => (byte)Math.Round(255 * Math.Clamp(values[Math.Min(channel, channels - 1) * h * w + at], 0, 1));
        var pixels = _bitmap.GetPixelSpan();
        for (var y = 0; y < h * times; y++)
            for (var x = 0; x < w * times; x++)
            {
                var (at, to) = (y / times * w + x / times, (top + y) * _bitmap.RowBytes + 4 * (left + x));
                (pixels[to], pixels[to + 1], pixels[to + 2], pixels[to + 3]) = (Value(0, at), Value(1, at), Value(2, at), byte.MaxValue);
            }
    }

    public byte[] ToPng()
    {
        using var png = _bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }

    public void Dispose() => _bitmap.Dispose();
}
