using System.Text.Json;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Session;

/// <summary>One scenario of tests/conformance/session.json, which sessions in every language must pass.</summary>
public sealed record ConformanceScenario(string Name, ConformanceRun Run, JsonElement[] Steps, string[][] Accepted)
{
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConformanceScenario> All { get; } = Read<ConformanceScenario[]>("scenarios");

    /// <summary>One embedding, bit for bit.</summary>
    public static ConformanceEmbedding Embedding { get; } = Read<ConformanceEmbedding>("embedding");

    /// <summary>The run's options.</summary>
    public ClusteringOptions Options =>
        new()
        {
            ImageCount = Run.Images,
            Dimension = Run.Dimension,
            BatchSize = Run.Batch,
            Seed = Run.Seed,
            Heads = [.. Run.Clusters.Select(K => new HeadOptions { ClusterCount = K })],
        };

    /// <summary>Ids and rows of a part, <c>0-3,7@SALT</c>, or of several with spaces between them.</summary>
    /// <param name="text">The parts.</param>
    /// <param name="epoch">The salt where none is said.</param>
    public (int[] Ids, float[] Rows) Part(string text, int epoch)
    {
        var (ids, rows) = (new List<int>(), new List<float>());
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (images, salt) = part.Split('@') is [var before, var after] ? (before, int.Parse(after)) : (part, epoch);
            foreach (var range in images.Split(','))
            {
                var ends = Array.ConvertAll(range.Split('-'), int.Parse);
                for (var id = ends[0]; id <= ends[^1]; id++)
                {
                    ids.Add(id);
                    rows.AddRange(Row(Run.Seed, id, salt, Run.Dimension));
                }
            }
        }

        return ([.. ids], [.. rows]);
    }

    /// <summary>The embedding of an image: made of whole numbers, and rounded once, so that every language has the same bits.</summary>
    public static float[] Row(int seed, int id, int salt, int dimension)
    {
        var start = (ulong)(((((seed * 100L) + salt) * 100_000) + id) * 1_000);
        var values = new double[dimension];
        var squares = 0.0;
        for (var j = 0; j < values.Length; j++)
        {
            values[j] = (Mix(start + (ulong)j) >> 11) * (2.0 / (1UL << 53)) - 1;
            squares += values[j] * values[j];
        }

        return Array.ConvertAll(values, value => (float)(value / Math.Sqrt(squares)));
    }

    // splitmix64.
    static ulong Mix(ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
        state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
        return state ^ (state >> 31);
    }

    static T Read<T>(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "conformance", "session.json")));
        return document.RootElement.GetProperty(name).Deserialize<T>(Format)!;
    }
}

/// <summary>What the file says of one embedding.</summary>
public sealed record ConformanceEmbedding(int Seed, int Image, int Salt, uint[] Bits);

/// <summary>The run of a scenario.</summary>
public sealed record ConformanceRun(int Images, int Dimension, int Batch, int[] Clusters, int Trainers, int Seed);
