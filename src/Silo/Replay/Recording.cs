using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Silo.Replay;

/// <summary>
/// What the trainers of a run pushed, as the Python session records it: a folder with <c>recording.json</c>, <c>initial-HEAD.f32</c> where
/// initial centers were given, and for every epoch and rank <c>epoch-T-rank-R.parts</c>, the rank's parts one after the other: the number
/// of rows, the ids, the rows. Numbers are little-endian: int64 and float32.
/// </summary>
sealed class Recording
{
    readonly string _folder;
    readonly Header _header;

    Recording(string folder, Header header) => (_folder, _header) = (folder, header);

    /// <summary>The options of the run.</summary>
    public ClusteringOptions Clustering => _header.Clustering;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InvalidFileException">There is none, or it holds something else.</exception>
    public static Recording Open(string folder)
    {
        var path = Path.Combine(folder, "recording.json");
        try
        {
            var header = JsonSerializer.Deserialize<Header>(File.ReadAllText(path), Format);
            return header is { Trainers: > 0, Clustering: not null }
                ? new Recording(folder, header)
                : throw FileRefusal.Of(path, "content", "names no run: give a folder that a session recorded.");
        }
        catch (Exception e) when (e is JsonException || FileRefusal.IsOfTheSystem(e))
        {
            throw FileRefusal.Of(path, "content", $"cannot be read ({e.Message.TrimEnd('.')}): give a folder that a session recorded.", e);
        }
    }

    /// <summary>Per head K x d; null: the seed's.</summary>
    public IReadOnlyList<float[]>? InitialCenters()
    {
        string[] paths = [.. Clustering.Heads.Select((_, h) => Path.Combine(_folder, $"initial-{h}.f32"))];
        return paths.All(File.Exists)
            ? [.. paths.Select(path => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray())]
            : null;
    }

    /// <summary>How many epochs were recorded.</summary>
    /// <exception cref="InvalidFileException">One of them lacks the parts of a rank, or there are later ones than it.</exception>
    public int CountEpochs()
    {
        var epochs = 0;
        while (PathsOf(epochs).Any(File.Exists))
            epochs++;
        var missing = Enumerable.Range(0, epochs).SelectMany(PathsOf).FirstOrDefault(path => !File.Exists(path));
        if (missing is null && Directory.GetFiles(_folder, "epoch-*-rank-*.parts").Length > epochs * _header.Trainers)
            missing = PathsOf(epochs)[0];
        return missing is null ? epochs : throw FileRefusal.Of(missing, "missing", "is missing: record all ranks and epochs of a run.");
    }

    /// <summary>The global mini-batches of an epoch: the n-th parts of all ranks, in the order of ranks.</summary>
    public IEnumerable<(int[] Ids, float[] Rows)> Steps(int epoch)
    {
        var paths = PathsOf(epoch);
        var ranks = Array.ConvertAll(paths, path => Parts(path).ToArray());
        return Enumerable
            .Range(0, ranks.Max(parts => parts.Length))
            .Select(n =>
            {
                var parts = ranks.Where(one => n < one.Length).Select(one => one[n]).ToArray();
                return (parts.SelectMany(part => part.Ids).ToArray(), parts.SelectMany(part => part.Rows).ToArray());
            });
    }

    string[] PathsOf(int epoch) =>
        [.. Enumerable.Range(0, _header.Trainers).Select(rank => Path.Combine(_folder, $"epoch-{epoch}-rank-{rank}.parts"))];

    IEnumerable<(int[] Ids, float[] Rows)> Parts(string path)
    {
        using var stream = new BufferedStream(File.OpenRead(path));
        var count = new byte[sizeof(long)];
        while (stream.ReadAtLeast(count, count.Length, throwOnEndOfStream: false) is var read and > 0)
        {
            var rows = read == count.Length ? BinaryPrimitives.ReadInt64LittleEndian(count) : -1;
            if (rows < 0 || rows > Clustering.ImageCount)
                throw FileRefusal.Of(path, $"{rows}", "is damaged or cut short: record the run again.");
            var wide = new long[rows];
            var values = new float[rows * Clustering.Dimension];
            try
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(wide.AsSpan()));
                stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            }
            catch (EndOfStreamException e)
            {
                throw FileRefusal.Of(path, $"{stream.Length} bytes", "is damaged or cut short: record the run again.", e);
            }

            yield return (Array.ConvertAll(wide, id => ImageIdCheck.Known(id, Clustering.ImageCount)), values);
        }
    }

    static JsonSerializerOptions Format { get; } =
        new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>What <c>recording.json</c> holds.</summary>
    sealed record Header(ClusteringOptions Clustering, int Trainers);
}
