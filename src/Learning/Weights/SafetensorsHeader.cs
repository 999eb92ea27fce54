using System.Text.Json;
using CoKe.Learning.Images;
using static TorchSharp.torch;

namespace CoKe.Learning.Weights;

/// <summary>Where one tensor lies in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in libtorch.</param>
/// <param name="Shape">Its sizes; none for a single value.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">The byte after its last.</param>
public sealed record TensorEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End)
{
    /// <summary>As in messages: [64, 3, 7, 7].</summary>
    public string ShapeText => Text(Shape);

    /// <summary>As in messages: [64, 3, 7, 7].</summary>
    public static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}

/// <summary>
/// The JSON header of a safetensors file: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"key":
/// "text"}}. Tensors must fill the rest of the file without a gap or an overlap.
/// </summary>
static class SafetensorsHeader
{
    const string Metadata = "__metadata__";

    /// <summary>Names in files and types in libtorch.</summary>
    public static readonly IReadOnlyDictionary<string, ScalarType> Types = new Dictionary<string, ScalarType>
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    static readonly IReadOnlyDictionary<ScalarType, int> ElementSizes = new Dictionary<ScalarType, int>
    {
        [ScalarType.Float64] = 8,
        [ScalarType.Int64] = 8,
        [ScalarType.Float32] = 4,
        [ScalarType.Int32] = 4,
        [ScalarType.Float16] = 2,
        [ScalarType.BFloat16] = 2,
        [ScalarType.Byte] = 1,
        [ScalarType.Bool] = 1,
    };

    /// <param name="path">For messages.</param>
    /// <param name="json">The header.</param>
    /// <param name="dataLength">Bytes of the file after it.</param>
    /// <exception cref="CoKe.Errors.InvalidFileException">Anything else than described above.</exception>
    public static (IReadOnlyList<TensorEntry> Tensors, IReadOnlyDictionary<string, string> Metadata) Parse(
        string path,
        ReadOnlyMemory<byte> json,
        long dataLength
    )
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            Dictionary<string, TensorEntry> tensors = [];
            Dictionary<string, string> metadata = [];
            foreach (var (name, value) in Members(path, document.RootElement, "its header"))
                if (name == Metadata)
                    metadata = Members(path, value, Metadata)
                        .ToDictionary(
                            p => p.Name,
                            p =>
                                p.Value.ValueKind == JsonValueKind.String
                                    ? p.Value.GetString()!
                                    : throw BadFile.Because(path, $"holds {Metadata} whose {p.Name} is no text: write it again.")
                        );
                else
                    tensors.Add(name, Entry(path, name, value));
            CheckLayout(path, tensors.Values, dataLength);
            return ([.. tensors.Values], metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair in a name.
            throw BadFile.Because(path, $"is no safetensors file or damaged: its header is no JSON ({e.Message.Split('.')[0]}).");
        }
    }

    static TensorEntry Entry(string path, string name, JsonElement value)
    {
        Exception Bad(string problem) => BadFile.Because(path, $"holds {name}, {problem}: write it again.");
        var members = Members(path, value, name).ToDictionary(p => p.Name, p => p.Value);
        if (
            members.Count != 3
            || !members.TryGetValue("dtype", out var dtype)
            || !members.TryGetValue("shape", out var sizes)
            || !members.TryGetValue("data_offsets", out var offsets)
        )
            throw Bad("which needs dtype, shape and data_offsets and nothing else");
        if (dtype.ValueKind != JsonValueKind.String || !Types.TryGetValue(dtype.GetString()!, out var type))
            throw Bad($"of the type {dtype.GetRawText()}, which is none of {string.Join(", ", Types.Keys)}");
        if (Numbers(sizes) is not { } shape)
            throw Bad("whose shape is no list of sizes");
        if (Numbers(offsets) is not [var begin, var end] || begin > end)
            throw Bad("whose data_offsets are not a begin and an end");
        if (Size(shape, type) != end - begin)
            throw Bad($"whose shape {TensorEntry.Text(shape)} of {dtype.GetString()} does not take the {end - begin} bytes it has");
        return new TensorEntry(name, type, shape, begin, end);
    }

    static void CheckLayout(string path, IEnumerable<TensorEntry> tensors, long dataLength)
    {
        var at = 0L;
        // Tensors without a value begin where another does.
        foreach (var tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != at)
                throw BadFile.Because(
                    path,
                    $"holds {tensor.Name}, which begins at byte {tensor.Begin} of the data where {at} was expected, "
                        + "so tensors overlap or leave a gap: write it again."
                );
            at = tensor.End;
        }
        if (at != dataLength)
            throw BadFile.Because(
                path,
                $"has {dataLength} bytes of data where its header describes {at}: it is truncated or damaged, get it again."
            );
    }

    /// <summary>A JSON object's members, each name once.</summary>
    static IEnumerable<(string Name, JsonElement Value)> Members(string path, JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw BadFile.Because(path, $"is no safetensors file or damaged: {what} is no JSON object.");
        HashSet<string> names = [];
        foreach (var member in element.EnumerateObject())
        {
            if (!names.Add(member.Name))
                throw BadFile.Because(path, $"names {member.Name} twice in {what}: write it again.");
            yield return (member.Name, member.Value);
        }
    }

    /// <summary>Null unless all are whole and at least 0.</summary>
    static long[]? Numbers(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
            return null;
        List<long> numbers = [];
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0)
                return null;
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>Bytes of a tensor, or -1 when there is no such number.</summary>
    static long Size(long[] shape, ScalarType type)
    {
        if (shape.Contains(0))
            return 0;
        Int128 size = ElementSizes[type];
        foreach (var side in shape)
            if ((size *= side) > long.MaxValue)
                return -1;
        return (long)size;
    }
}
