using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Abstractions;

namespace CoKe.Web;

/// <summary>How words are written and read: as the options of a run, <c>ClusteringOptions.ToJson</c>.</summary>
static class DoorJson
{
    public static JsonSerializerOptions Options { get; } = Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // no answer is put into a page as it is
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new FiniteNumbers());
        options.Converters.Add(new Vectors());
        return options;
    }

    /// <summary>JSON has no infinity: what is infinite, such as the ratio to a minimum of 0, is null.</summary>
    sealed class FiniteNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }

    /// <summary>A center among words, such as those of one cluster.</summary>
    sealed class Vectors : JsonConverter<FloatValues>
    {
        public override FloatValues Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new JsonException("Numbers are not read from JSON: send them as a form's files.");

        public override void Write(Utf8JsonWriter writer, FloatValues value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var number in value.Span)
                writer.WriteNumberValue(number);
            writer.WriteEndArray();
        }
    }
}
