using System.IO.Compression;
using System.Text.Json;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>
/// Reads golden vectors, JSON with or without gzip. Files with <c>cases</c> hold many settings of the same features, files with
/// <c>epochs</c> one long run with new features each epoch and a stage two. Numbers of images, clusters, heads, views, batches and epochs
/// are whatever the file says, within <see cref="MostBytes"/>.
/// </summary>
public static class GoldenFile
{
    /// <summary>Bytes of JSON at most, unpacked: many times what such a file has, and little enough to be held.</summary>
    public const int MostBytes = 16 << 20;

    const byte GzipMagic = 0x1f;

    /// <summary>All cases of a file, in order.</summary>
    /// <exception cref="InvalidFileException">The file is absent, truncated, too large, or does not hold what it should.</exception>
    public static IReadOnlyList<GoldenScenario> Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var document = JsonDocument.Parse(Content(path, name));
            var root = new GoldenNode(name, "", document.RootElement);
            return root.Find("cases") is { } cases
                ? [.. cases.List().Select(@case => GoldenCases.Read(root["inputs"], @case))]
                : [GoldenStageTwo.Read(root)];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair in a text.
            throw new InvalidFileException(name, "content", $"{name} is damaged or no JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(name, path, $"{name} cannot be read: {e.Message}", e);
        }
    }

    // No more is unpacked than may be there: a few kilobytes can hold gigabytes.
    static ReadOnlyMemory<byte> Content(string path, string name)
    {
        using var file = new BufferedStream(File.OpenRead(path));
        var first = file.ReadByte();
        file.Position = 0;
        using Stream stream = first == GzipMagic ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var content = new MemoryStream();
        var piece = new byte[1 << 16];
        for (int read; (read = stream.Read(piece)) > 0;)
        {
            content.Write(piece, 0, read);
            if (content.Length > MostBytes)
                throw new InvalidFileException(
                    name,
                    path,
                    $"{name} is no golden file: it holds more than {MostBytes} bytes; give a file of golden vectors."
                );
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }
}
