namespace CoKe.Learning.Images;

/// <summary>Rows and columns of an image.</summary>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>Values of one channel.</summary>
    public int Plane => checked(Height * Width);
}

/// <summary>Decoded images of a mini-batch, which may differ in size: bytes, image after image, each [channels, height, width]. Disposing
/// it lets its buffer be used again.</summary>
public sealed class ImageBatch : IDisposable
{
    readonly Action<byte[]>? _release;
    byte[]? _pixels;

    /// <summary>Wraps a buffer, which may be longer than the images.</summary>
    /// <param name="pixels">The values; may be filled after this.</param>
    /// <param name="channels">1 (gray) or 3 (red, green, blue).</param>
    /// <param name="sizes">The size of every image.</param>
    /// <param name="release">Gets the buffer back.</param>
    /// <exception cref="ArgumentException">The buffer is too short.</exception>
    public ImageBatch(byte[] pixels, int channels, ImageSize[] sizes, Action<byte[]>? release = null)
    {
        (_pixels, Channels, Sizes, _release) = (pixels, channels, sizes, release);
        Offsets = new int[sizes.Length + 1];
        for (var i = 0; i < sizes.Length; i++)
            Offsets[i + 1] = checked(Offsets[i] + channels * sizes[i].Plane);
        if (pixels.Length < Offsets[^1])
            throw new ArgumentException(
                $"{pixels.Length} bytes do not hold {sizes.Length} images of {Offsets[^1]} bytes together.",
                nameof(pixels)
            );
    }

    /// <summary>How many images there are.</summary>
    public int Count => Sizes.Length;

    /// <summary>1 (gray) or 3 (color).</summary>
    public int Channels { get; }

    /// <summary>The size of every image.</summary>
    public ImageSize[] Sizes { get; }

    /// <summary>Where every image begins in <see cref="Pixels"/>; one more for the end.</summary>
    public int[] Offsets { get; }

    /// <summary>The buffer.</summary>
    /// <exception cref="ObjectDisposedException">The batch was disposed: its buffer holds other images by now.</exception>
    public byte[] Pixels => _pixels ?? throw new ObjectDisposedException(nameof(ImageBatch));

    /// <summary>The values of one image, channel after channel.</summary>
    public Span<byte> this[int image] => Pixels.AsSpan(Offsets[image], Offsets[image + 1] - Offsets[image]);

    /// <summary>Lets go of the buffer.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } buffer)
            _release?.Invoke(buffer);
    }
}
