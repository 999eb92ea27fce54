namespace CoKe.Learning.Images;

/// <summary>Images as they are on disk: one byte per value, laid out [count, channels, height, width]. It carries no labels, so nothing
/// that trains can read one.</summary>
public sealed class ImageSet
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="pixels">count x channels x height x width bytes.</param>
    /// <param name="channels">1 (gray) or 3 (red, green, blue).</param>
    /// <param name="height">Rows of one image.</param>
    /// <param name="width">Columns of one image.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="pixels"/> is no multiple of an image.</exception>
    public ImageSet(byte[] pixels, int channels, int height, int width)
    {
        if (channels < 1 || height < 1 || width < 1 || pixels.Length % (channels * height * width) != 0)
            throw new ArgumentException($"{pixels.Length} bytes do not hold whole images of {channels}x{height}x{width}.", nameof(pixels));
        (Pixels, Channels, Height, Width) = (pixels, channels, height, width);
    }

    /// <summary>All values, image after image.</summary>
    public byte[] Pixels { get; }

    /// <summary>1 (gray) or 3 (color).</summary>
    public int Channels { get; }

    /// <summary>Rows of one image.</summary>
    public int Height { get; }

    /// <summary>Columns of one image.</summary>
    public int Width { get; }

    /// <summary>Values of one image.</summary>
    public int ImageSize => Channels * Height * Width;

    /// <summary>How many images there are.</summary>
    public int Count => Pixels.Length / ImageSize;

    /// <summary>The largest value of any image: 255 in most files, 16 in some; pictures are scaled by it.</summary>
    public byte Largest => Math.Max((byte)1, Pixels.Max());

    /// <summary>The values of one image, channel after channel.</summary>
    public ReadOnlySpan<byte> this[int image] => Pixels.AsSpan(image * ImageSize, ImageSize);

    /// <summary>A new set with rows and columns of every image exchanged.</summary>
    public ImageSet Transposed()
    {
        var pixels = new byte[Pixels.Length];
        for (var plane = 0; plane < Pixels.Length; plane += Height * Width)
            for (var y = 0; y < Height; y++)
                for (var x = 0; x < Width; x++)
                    pixels[plane + x * Height + y] = Pixels[plane + y * Width + x];
        return new ImageSet(pixels, Channels, Width, Height);
    }

    /// <summary>A new set of the images at <paramref name="indices"/>, in that order.</summary>
    public ImageSet Select(IReadOnlyList<int> indices)
    {
        var pixels = new byte[(long)indices.Count * ImageSize];
        for (var i = 0; i < indices.Count; i++)
            this[indices[i]].CopyTo(pixels.AsSpan(i * ImageSize));
        return new ImageSet(pixels, Channels, Height, Width);
    }
}
