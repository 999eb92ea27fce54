using System.Buffers;
using CoKe.Files;
using CoKe.Learning.Images;
using SkiaSharp;

namespace CoKe.Learning.ImageFolders;

/// <summary>
/// One image file, read and its header understood, not yet decoded. Colors are taken as they are stored, as torchvision does: profiles and
/// the orientation in EXIF are not applied. What is transparent is seen on white, since the colors below it are whatever the program that
/// wrote the file left there. Of several pictures in a file the first counts.
/// </summary>
sealed class ImageFile : IDisposable
{
    public const int Channels = 3;

    // A file holds no more than so many bytes, or the most that its pixels may take: 16 bits of four channels each.
    const int UsualBytes = 1 << 28,
        BytesOfPixel = 8;

    readonly SKData _data;
    readonly SKCodec _codec;

    /// <summary>What the codec decodes to, and how many of its pixels along a side become one.</summary>
    readonly SKSizeI _decoded;
    readonly int _times;

    ImageFile(SKData data, SKCodec codec, (SKSizeI Decoded, int Times) reduced) =>
        (_data, _codec, (_decoded, _times)) = (data, codec, reduced);

    /// <summary>Rows and columns that it decodes to.</summary>
    public ImageSize Size => new(Shrunk(_decoded.Height, _times), Shrunk(_decoded.Width, _times));

    /// <summary>Reads a file; null and the problem if it cannot be an image of acceptable size. Only a lack of memory throws.</summary>
    public static (ImageFile? File, string? Problem) Open(string path, ImageFolderOptions options)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(handle);
            var most = Math.Min(Array.MaxLength, Math.Max(UsualBytes, (long)BytesOfPixel * options.MaxPixels));
            if (length == 0 || length > most)
                return (
                    null,
                    length == 0
                        ? "is empty"
                        : $"has {length} bytes, more than the {most} that data.pixel-limit = {options.MaxPixels} allows"
                );
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
        var rgba = ArrayPool<byte>.Shared.Rent(Planes.Together * _decoded.Height * _decoded.Width);
        try
        {
            SKCodecResult result;
            fixed (byte* pixels = rgba)
                result = _codec.GetPixels(
                    new SKImageInfo(_decoded.Width, _decoded.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul),
                    (nint)pixels
                );
            var whole = rgba.AsSpan(0, Planes.Together * _decoded.Height * _decoded.Width);
            if (_codec.Info.AlphaType != SKAlphaType.Opaque)
                Planes.OnWhite(whole);
            if (_times > 1)
                whole = Planes.Shrink(whole, new ImageSize(_decoded.Height, _decoded.Width), _times);
            Planes.Split(whole, planes);
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
        _codec.Dispose();
        _data.Dispose();
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
        var problem = codec
            is
        {
            EncodedFormat: SKEncodedImageFormat.Jpeg
                    or SKEncodedImageFormat.Png
                    or SKEncodedImageFormat.Webp
                    or SKEncodedImageFormat.Bmp
                    or SKEncodedImageFormat.Gif
        }
            ? null
            : (
                FirstBytes.Problem(data.AsSpan()[..(int)Math.Min(FirstBytes.Length, data.Size)], Wanted.Image)
                ?? $"is no {ImageNames.Read} image, whatever its name says"
            ).TrimEnd('.');
        if (problem is null)
        {
            var reduced = Reduced(codec!, options.ShorterSide);
            if ((long)reduced.Decoded.Height * reduced.Decoded.Width <= options.MaxPixels)
                return (new ImageFile(data, codec!, reduced), null);
            problem = $"has {reduced.Decoded.Width}x{reduced.Decoded.Height} pixels, more than data.pixel-limit = {options.MaxPixels}";
        }
        codec?.Dispose();
        data.Dispose();
        return (null, problem);
    }

    /// <summary>The smallest size whose shorter side is long enough: JPEG files decode to it at once, others are decoded whole and
    /// shrunk.</summary>
    static (SKSizeI Decoded, int Times) Reduced(SKCodec codec, int? shorterSide)
    {
        var whole = new SKSizeI(codec.Info.Width, codec.Info.Height);
        if (shorterSide is not { } least)
            return (whole, 1);
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg)
            return (
                Eighths
                    .Select(eighths => codec.GetScaledDimensions(eighths / 8f))
                    .Append(whole)
                    .First(size => Math.Min(size.Width, size.Height) >= least || size == whole),
                1
            );
        return (whole, Times.FirstOrDefault(times => Shrunk(Math.Min(whole.Width, whole.Height), times) >= least, 1));
    }

    // Parts at which JPEG decodes faster, and by which others are shrunk.
    static readonly int[] Eighths = [1, 2, 4],
        Times = [8, 4, 2];

    static int Shrunk(int side, int times) => (side + times - 1) / times;
}
