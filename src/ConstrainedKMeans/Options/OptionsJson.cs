using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>Options as text: every field in order of declaration, defaults included, so that equal options are equal text.</summary>
static class OptionsJson
{
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string Write(ClusteringOptions options) => JsonSerializer.Serialize(options, Format);

    public static ClusteringOptions Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ClusteringOptions>(json, Format)
                ?? throw new InvalidOptionsException("options", "null", "The options are null: give a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidOptionsException(e.Path ?? "options", "text", $"The options are no valid JSON: {e.Message}", e);
        }
    }
}
