using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CoKe.Trainer.Data.ImageFolders;

/// <summary>Takes pixels apart.</summary>
static class Planes
{
    const int Together = 4;

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
            (planes[red + pixel], planes[green + pixel], planes[blue + pixel]) = (rgba[4 * pixel], rgba[4 * pixel + 1], rgba[4 * pixel + 2]);
    }
}
