using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoKe.Learning.Data;
using CoKe.Trainer.Recipes;
using TorchSharp;

namespace CoKe.Trainer.Runs;

/// <summary>run.json: what a run was begun with, so that another process can go on with it.</summary>
/// <param name="Format">Of this file.</param>
/// <param name="Data">The folder of images; null: the bundled ones.</param>
/// <param name="Fingerprint">Of the training images, see <see cref="RunImages.Fingerprint"/>.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Images">At most so many training images; null: all.</param>
/// <param name="Threads">Threads of libtorch: with another number, sums round differently.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Recipe">Every hyper-parameter, with nothing left to be decided.</param>
/// <param name="Versions">Of what the last bits of a number depend on.</param>
/// <param name="RunId">The clustering's run; null until it is created.</param>
/// <param name="Finished">Whether the report is written.</param>
sealed record RunRecord(
    int Format,
    string? Data,
    string Fingerprint,
    int Seed,
    int? Images,
    int Threads,
    string Device,
    Recipe Recipe,
    Versions Versions,
    string? RunId = null,
    bool Finished = false
)
{
    /// <summary>The clustering's name of the run.</summary>
    public string Name { get; init; } = RunOptions.DefaultRunName;

    /// <summary>How the silos are reached that cluster, see <see cref="RunOptions.Silos"/>; empty: the database beside this file serves a
    /// silo in the process.</summary>
    public IReadOnlyDictionary<string, string> Silos { get; init; } = new Dictionary<string, string>();

    /// <summary>The clustering's database, in full, where it is not beside this file.</summary>
    public string? Database { get; init; }

    /// <summary>Trainers that share the model.</summary>
    public int World { get; init; } = 1;

    /// <summary>One line: what is trained.</summary>
    public string What { get; init; } = "";

    /// <summary>Where the settings come from.</summary>
    public string Source { get; init; } = "";

    /// <summary>The hyper-parameters as they were asked for, before what they leave open was decided.</summary>
    public Recipe? Asked { get; init; }

    /// <summary>Of the images it learns from; null in runs of older programs.</summary>
    public ImageShape? Shape { get; init; }

    /// <summary>The <see cref="Format"/> written here.</summary>
    public const int CurrentFormat = 4;

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads a record of this format, or of the one before.</summary>
    /// <exception cref="JsonException">It is no such record.</exception>
    public static RunRecord FromJson(ReadOnlySpan<byte> json)
    {
        var node = JsonNode.Parse(json) as JsonObject;
        if (node?["format"] is JsonValue format && format.TryGetValue(out int number) && number == FlatRecipe.Format)
        {
            node["format"] = CurrentFormat;
            foreach (var name in (string[])["recipe", "asked"])
                if (node[name] is JsonObject flat)
                    node[name] = FlatRecipe.Nested(flat);
        }
        return node.Deserialize<RunRecord>(Json) is { Format: CurrentFormat } record
            ? record
            : throw new JsonException($"its format is not {CurrentFormat}");
    }
}

/// <summary>Programs that compute a run's numbers.</summary>
/// <param name="TorchSharp">The version of TorchSharp, which names that of libtorch.</param>
/// <param name="Dotnet">The version of .NET.</param>
sealed record Versions(string TorchSharp, string Dotnet)
{
    /// <summary>Of this process.</summary>
    public static Versions Present { get; } =
        new(
            typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
                ?? "unknown",
            Environment.Version.ToString()
        );
}
