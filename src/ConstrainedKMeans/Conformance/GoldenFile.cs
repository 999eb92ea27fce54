using System.IO.Compression;
using System.Text.Json;

namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>
/// Reads golden vectors, JSON with or without gzip. Files with <c>cases</c> hold many settings of the same features, files with
/// <c>epochs</c> one long run with new features each epoch and a stage two. Numbers of images, clusters, heads, views, batches and epochs
/// are whatever the file says.
/// </summary>
public static class GoldenFile
{
    const byte GzipMagic = 0x1f;

    /// <summary>All cases of a file, in order.</summary>
    /// <exception cref="InvalidFileException">The file is absent, truncated, or does not hold what it should.</exception>
    public static IReadOnlyList<GoldenScenario> Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var document = JsonDocument.Parse(Decompress(File.ReadAllBytes(path)));
            var root = new GoldenNode(name, "", document.RootElement);
            return root.Find("cases") is { } cases
                ? [.. cases.List().Select(@case => GoldenCases.Read(root["inputs"], @case))]
                : [GoldenStageTwo.Read(root)];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new InvalidFileException(name, "content", $"{name} is damaged or no JSON: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new InvalidFileException(name, path, $"{name} cannot be read: {e.Message}", e);
        }
    }

    static Stream Decompress(byte[] content)
    {
        var stream = new MemoryStream(content);
        return content is [GzipMagic, ..] ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }
}
