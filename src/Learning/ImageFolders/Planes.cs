using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>Takes pixels apart.</summary>
static class Planes
{
    /// <summary>Red, green, blue and alpha of a pixel.</summary>
    public const int Together = 4;

    /// <summary>What is transparent becomes white as far as it is so, and opaque.</summary>
    /// <param name="rgba">Four bytes of every pixel, colors not multiplied by alpha.</param>
    public static void OnWhite(Span<byte> rgba)
    {
        for (var pixel = 0; pixel < rgba.Length; pixel += Together)
        {
            var alpha = rgba[pixel + 3];
            if (alpha == byte.MaxValue)
                continue;
            for (var color = pixel; color < pixel + 3; color++)
                rgba[color] = (byte)((rgba[color] * alpha + byte.MaxValue * (byte.MaxValue - alpha) + byte.MaxValue / 2) / byte.MaxValue);
            rgba[pixel + 3] = byte.MaxValue;
        }
    }

    /// <summary>Makes one pixel of the mean of every square of pixels, in the same memory; at right and bottom of what is left of a
    /// square.</summary>
    /// <param name="rgba">Four bytes of every pixel.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="times">Along a side of a square.</param>
    /// <returns>The pixels that became of them.</returns>
    public static Span<byte> Shrink(Span<byte> rgba, ImageSize size, int times)
    {
        var to = 0;
        for (var top = 0; top < size.Height; top += times)
            for (var left = 0; left < size.Width; left += times, to += Together)
            {
                var (bottom, right) = (Math.Min(top + times, size.Height), Math.Min(left + times, size.Width));
                var count = (bottom - top) * (right - left);
                for (var color = 0; color < Together; color++)
                {
                    var sum = count / 2;
                    for (var y = top; y < bottom; y++)
                        for (var x = left; x < right; x++)
                            sum += rgba[Together * (y * size.Width + x) + color];
                    // Never to the right of what is still to be read: rows of squares before it are done.
                    rgba[to + color] = (byte)(sum / count);
                }
            }
        return rgba[..to];
    }

    /// <summary>From red, green, blue, alpha of every pixel to all reds, all greens, all blues.</summary>
    /// <param name="rgba">Four bytes of every pixel.</param>
    /// <param name="planes">Three bytes of every pixel.</param>
    public static void Split(ReadOnlySpan<byte> rgba, Span<byte> planes)
    {
        var plane = planes.Length / ImageFile.Channels;
        var (red, green, blue) = (0, plane, 2 * plane);
        var byChannel = Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        var pixel = 0;
        for (; pixel + Together <= plane; pixel += Together)
        {
            var four = Vector128.Shuffle(Vector128.Create(rgba.Slice(4 * pixel, 16)), byChannel).AsUInt32();
            MemoryMarshal.Write(planes.Slice(red + pixel, Together), four[0]);
            MemoryMarshal.Write(planes.Slice(green + pixel, Together), four[1]);
            MemoryMarshal.Write(planes.Slice(blue + pixel, Together), four[2]);
        }
        for (; pixel < plane; pixel++)
            (planes[red + pixel], planes[green + pixel], planes[blue + pixel]) = (
                rgba[4 * pixel],
                rgba[4 * pixel + 1],
                rgba[4 * pixel + 2]
            );
    }
}
