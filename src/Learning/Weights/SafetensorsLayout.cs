using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace CoKe.Learning.Weights;

/// <summary>Writes the header of a safetensors file: tensors follow each other in the order given.</summary>
static class SafetensorsLayout
{
    static readonly IReadOnlyDictionary<ScalarType, string> Names = SafetensorsHeader.Types.ToDictionary(t => t.Value, t => t.Key);

    /// <exception cref="ArgumentException">A name is used twice or reserved, or a type has no name in the format.</exception>
    public static (byte[] Header, long DataLength) HeaderOf(
        IEnumerable<(string Name, Tensor Values)> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        using var bytes = new MemoryStream();
        var at = 0L;
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            HashSet<string> seen = ["__metadata__"];
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            foreach (var (key, value) in metadata.Where(m => m.Key != "format"))
                json.WriteString(key, value);
            json.WriteEndObject();
            foreach (var (name, values) in tensors)
            {
                if (!seen.Add(name))
                    throw new ArgumentException($"{name} is used twice or reserved: give every tensor a name of its own.", nameof(tensors));
                if (!Names.TryGetValue(values.dtype, out var type))
                    throw new ArgumentException(
                        $"{name} is of {values.dtype}, which the format has no name for: "
                            + $"convert it to one of {string.Join(", ", Names.Keys)}.",
                        nameof(tensors)
                    );
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                WriteList(json, "shape", values.shape);
                var size = values.numel() * values.element_size();
                WriteList(json, "data_offsets", at, at + size);
                json.WriteEndObject();
                at += size;
            }
            json.WriteEndObject();
        }
        return (bytes.ToArray(), at);
    }

    static void WriteList(Utf8JsonWriter json, string name, params long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
