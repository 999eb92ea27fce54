using System.Buffers;
using SkiaSharp;

namespace CoKe.Trainer.Data.ImageFolders;

/// <summary>
/// One image file, read and its header understood, not yet decoded. Colors are taken as they are stored: profiles and the orientation in EXIF are not applied,
/// transparency is dropped, as torchvision does. Of several pictures in a file the first counts.
/// </summary>
sealed class ImageFile : IDisposable
{
    public const int Channels = 3;
    const int MaxBytes = 1 << 28;
    readonly SKData data;
    readonly SKCodec codec;
    readonly SKSizeI size;

    ImageFile(SKData data, SKCodec codec, int? shorterSide) => (this.data, this.codec, size) = (data, codec, Reduced(codec, shorterSide));

    /// <summary>Rows and columns that it decodes to.</summary>
    public ImageSize Size => new(size.Height, size.Width);

    /// <summary>Reads a file; null and the problem if it cannot be an image of acceptable size. Only a lack of memory throws.</summary>
    public static (ImageFile? File, string? Problem) Open(string path, ImageFolderOptions options)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(handle);
            if (length is 0 or > MaxBytes)
                return (null, length == 0 ? "is empty" : $"has {length} bytes, more than the limit of {MaxBytes}");
            return Understand(Read(handle, (int)length), options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be opened ({e.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Decodes into red, green and blue planes; the problem if that fails.</summary>
    public unsafe string? Decode(Span<byte> planes)
    {
        var plane = size.Height * size.Width;
        var rgba = ArrayPool<byte>.Shared.Rent(4 * plane);
        try
        {
            SKCodecResult result;
            fixed (byte* pixels = rgba)
                result = codec.GetPixels(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul), (nint)pixels);
            Planes.Split(rgba.AsSpan(0, 4 * plane), planes);
            return result switch
            {
                SKCodecResult.Success => null,
                SKCodecResult.IncompleteInput => "is truncated",
                _ => $"is damaged ({result})",
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    public void Dispose()
    {
        codec.Dispose();
        data.Dispose();
    }

    /// <summary>What is wrong with a file as far as its header tells; null: nothing.</summary>
    public static string? ProblemOf(string path, ImageFolderOptions options)
    {
        var (file, problem) = Open(path, options);
        file?.Dispose();
        return problem;
    }

    static SKData Read(Microsoft.Win32.SafeHandles.SafeFileHandle handle, int length)
    {
        var file = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var read = 0;
            while (read < length && RandomAccess.Read(handle, file.AsSpan(read, length - read), read) is > 0 and var some)
                read += some;
            return SKData.CreateCopy(file.AsSpan(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(file);
        }
    }

    static (ImageFile?, string?) Understand(SKData data, ImageFolderOptions options)
    {
        var codec = SKCodec.Create(data);
        var problem = codec is not { EncodedFormat: SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Gif }
            ? $"is no {ImageNames.Read} image, whatever its name says"
            : (long)codec.Info.Height * codec.Info.Width > options.MaxPixels
                ? $"declares {codec.Info.Width}x{codec.Info.Height} pixels, more than the limit of {options.MaxPixels}"
                : null;
        if (problem is null)
            return (new ImageFile(data, codec!, options.ShorterSide), null);
        codec?.Dispose();
        data.Dispose();
        return (null, problem);
    }

    /// <summary>The smallest size that the format decodes to at no cost whose shorter side is long enough.</summary>
    static SKSizeI Reduced(SKCodec codec, int? shorterSide)
    {
        var whole = new SKSizeI(codec.Info.Width, codec.Info.Height);
        if (shorterSide is not { } least || codec.EncodedFormat != SKEncodedImageFormat.Jpeg)
            return whole;
        return new[] { 1, 2, 4 }.Select(eighths => codec.GetScaledDimensions(eighths / 8f)).Append(whole).First(size => Math.Min(size.Width, size.Height) >= least || size == whole);
    }
}
