using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Learning.Data;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Runs;

/// <summary>What the first trainer tells the others: all that they need of a run.</summary>
/// <param name="Folder">Of the images, in full.</param>
/// <param name="Fingerprint">Of the images, see <see cref="RunImages.Fingerprint"/>.</param>
/// <param name="Seed">Of weights, order and views.</param>
/// <param name="Images">At most so many training images; null: all.</param>
/// <param name="Threads">Of libtorch, in each trainer.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Recipe">With nothing left open.</param>
/// <param name="Run">The clustering's run.</param>
/// <param name="Silos">How the silos are reached, see <see cref="RunOptions.Silos"/>.</param>
/// <param name="Embedded">Whether the silo is in the first trainer, which asks for no token and no TLS, whatever the environment
/// says.</param>
/// <param name="State">The folder of saves, in full.</param>
sealed record RunOrder(
    string Folder,
    string Fingerprint,
    int Seed,
    int? Images,
    int Threads,
    string Device,
    Recipe Recipe,
    string Run,
    IReadOnlyDictionary<string, string> Silos,
    bool Embedded,
    string State
)
{
    static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public static RunOrder FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<RunOrder>(json, Json)!;
}
