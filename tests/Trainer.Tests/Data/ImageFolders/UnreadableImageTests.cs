using System.Buffers.Binary;
using System.IO.Hashing;
using CoKe.Learning.ImageFolders;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>Every way of a file to be no image: it is named with the reason, and the others are read.</summary>
public sealed class UnreadableImageTests : IDisposable
{
    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    public static TheoryData<string, string> Ways =>
        new()
        {
            { "truncated.jpg", "is truncated" },
            { "truncated.png", "is truncated" },
            { "header-only.jpg", "" },
            { "text.jpg", "is text: give the image itself" },
            { "unknown.jpg", "is no JPEG, PNG, WebP, BMP or GIF image" },
            { "empty.png", "is empty" },
            { "pointer.png", "is a Git LFS pointer and not the file itself: fetch that with 'git lfs pull'" },
            { "page.jpg", "is a web page and not the file that was to be downloaded" },
            { "packed.png", "is packed with gzip: give the image itself" },
            { "phone.jpg", "is a HEIC image: convert it to PNG or JPEG" },
            { "new.png", "is an AVIF image: convert it" },
            { "weights.png", "is a zip archive: give the image itself" },
            { "other-format.png", "is a TIFF image: convert it to PNG or JPEG" },
            { "huge-header.png", "has 30000x30000 pixels, more than data.pixel-limit = 67108864" },
            { "huge-header.jpg", "has 65000x65000 pixels, more than data.pixel-limit = 67108864" },
            { "larger-header.png", "" },
            { "gone.png", "cannot be opened" },
            { "folder-behind.png", "cannot be opened" },
            { "link-to-nothing.png", "cannot be opened" },
            { "link-to-itself.png", "cannot be opened" },
            { "damaged.png", "" },
        };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Read_UnreadableFile_IsNamedWithTheReasonAndLeftOut(string name, string reason)
    {
        _tree.Write("0.png", ImageTree.Png(6, 5, 1));
        _tree.Write("zz.png", ImageTree.Png(6, 5, 2));
        _tree.Write(name, Content(name));
        if (name.StartsWith("link", StringComparison.Ordinal))
        {
            File.Delete(_tree.File(name));
            File.CreateSymbolicLink(_tree.File(name), name == "link-to-itself.png" ? name : "nothing");
        }
        var images = new FolderImages(ImageFolder.Open(_tree.Path), new ImageFolderOptions());
        if (name == "gone.png")
            File.Delete(_tree.File(name));
        if (name == "folder-behind.png")
        {
            File.Delete(_tree.File(name));
            _tree.Folder(name);
        }

        using var batch = images
            .Read([
                [0, 1, 2],
            ])
            .Single();

        Assert.Equal("0 2", string.Join(' ', batch.Ids));
        Assert.Equal(ImageTree.Planes(6, 5, 2), batch.Images[1].ToArray());
        var unreadable = Assert.Single(batch.Unreadable);
        Assert.Equal((1, name), (unreadable.Id, unreadable.Path));
        Assert.StartsWith(reason, unreadable.Problem);
    }

    static byte[] Content(string name)
    {
        var (jpeg, png) = (ImageTree.Jpeg(64, 48, 3), ImageTree.Png(64, 48, 3));
        return name switch
        {
            "truncated.jpg" => jpeg[..(jpeg.Length * 3 / 4)],
            "truncated.png" => png[..(png.Length * 3 / 4)],
            "header-only.jpg" => jpeg[..30],
            "text.jpg" => "no image"u8.ToArray(),
            "unknown.jpg" => [1, 2, 3, 4, 5],
            "empty.png" => [],
            "pointer.png" => "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"u8.ToArray(),
            "page.jpg" => "<!DOCTYPE html><html><title>404</title>"u8.ToArray(),
            "packed.png" => [0x1f, 0x8b, 8, 0, 0],
            "phone.jpg" => [0, 0, 0, 0x18, .. "ftypheic"u8, 0, 0],
            "new.png" => [0, 0, 0, 0x18, .. "ftypavif"u8, 0, 0],
            "weights.png" => "PK\x03\x04\0\0"u8.ToArray(),
            "other-format.png" => "II*\0\x08\0\0\0\0\0\0\0\0\0"u8.ToArray(),
            "huge-header.png" => WithPngSize(png, 30000, 30000),
            "huge-header.jpg" => WithJpegSize(jpeg, 65000, 65000),
            "larger-header.png" => WithPngSize(png, 64, 480),
            "damaged.png" => Damaged(png),
            _ => png,
        };
    }

    /// <summary>The header is right by its checksum, only the rest of the file is not as large.</summary>
    static byte[] WithPngSize(byte[] png, int width, int height)
    {
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32.HashToUInt32(png.AsSpan(12, 17)));
        return png;
    }

    static byte[] WithJpegSize(byte[] jpeg, ushort width, ushort height)
    {
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), height);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), width);
        return jpeg;
    }

    static byte[] Damaged(byte[] png)
    {
        for (var i = png.Length / 2; i < png.Length / 2 + 20; i++)
            png[i] ^= 0x5a;
        return png;
    }
}
