using System.IO.Compression;
using System.Text.Json;
using CoKe.Learning.ImageFolders;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>Every kind of JPEG, PNG, WebP, BMP and GIF against PIL, and what is transparent on white, whatever lies below it;
/// Peers/images_golden.py writes files and expected values.</summary>
public sealed class ImageDecodingTests : IDisposable
{
    readonly ImageTree _tree = new();

    public static TheoryData<string> Names => [.. Cases().RootElement.GetProperty("cases").EnumerateObject().Select(c => c.Name)];

    public void Dispose() => _tree.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_EveryKind_IsWhatPilDecodes(string name)
    {
        var json = Cases().RootElement.GetProperty("cases").GetProperty(name);
        _tree.Write(name, json.GetProperty("file").GetBytesFromBase64());
        var expected = json.GetProperty("planes").GetBytesFromBase64();

        using var batch = new FolderImages(ImageFolder.Open(_tree.Path), new ImageFolderOptions())
            .Read([
                [0],
            ])
            .Single();

        Assert.Empty(batch.Unreadable);
        Assert.Equal(
            (json.GetProperty("height").GetInt32(), json.GetProperty("width").GetInt32()),
            (batch.Images.Sizes[0].Height, batch.Images.Sizes[0].Width)
        );
        var difference = expected.Index().Max(v => Math.Abs(v.Item - batch.Images[0][v.Index]));
        // JPEG leaves the last bits of its transforms and of the enlarged color planes to the decoder.
        Assert.True(
            difference
                <= (
                    name.StartsWith("subsampled", StringComparison.Ordinal) ? 6
                    : name.EndsWith(".jpg", StringComparison.Ordinal) && !name.StartsWith("png", StringComparison.Ordinal) ? 3
                    : 0
                ),
            $"differs by {difference}"
        );
    }

    static JsonDocument Cases()
    {
        using var stream = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "images.json.gz")),
            CompressionMode.Decompress
        );
        return JsonDocument.Parse(stream);
    }
}
