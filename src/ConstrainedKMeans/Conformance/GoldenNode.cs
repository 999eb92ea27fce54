using System.Text.Json;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>A JSON value that knows its file and its place in it, so that whatever is missing or mistyped is refused by name.</summary>
readonly record struct GoldenNode(string File, string Path, JsonElement Json)
{
    // A list of more would take memory far beyond the file's.
    const int MostElements = 1 << 20;

    public GoldenNode this[string name] => Find(name) ?? throw Refuse($"{Child(name)} is missing");

    public bool IsList => Json.ValueKind == JsonValueKind.Array;

    /// <summary>The member of that name, or null when it is absent or null.</summary>
    public GoldenNode? Find(string name)
    {
        if (Json.ValueKind != JsonValueKind.Object)
            throw Refuse($"{Path} is no object");
        return Json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new GoldenNode(File, Child(name), member)
            : null;
    }

    public GoldenNode[] List(int? length = null)
    {
        if (!IsList)
            throw Refuse($"{Path} is no list");
        var count = Json.GetArrayLength();
        if (count > MostElements)
            throw Refuse($"{Path} has {count} elements, more than {MostElements}");
        if (length is { } expected && count != expected)
            throw Refuse($"{Path} has {count} elements instead of {expected}");
        var (file, path) = (File, Path);
        return [.. Json.EnumerateArray().Select((element, i) => new GoldenNode(file, $"{path}[{i}]", element))];
    }

    public int Int32() =>
        Json.ValueKind == JsonValueKind.Number && Json.TryGetInt32(out var value) ? value : throw Refuse($"{Path} is no whole number");

    public double Double() =>
        Json.ValueKind == JsonValueKind.Number && Json.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : throw Refuse($"{Path} is no finite number");

    public string Text() => Json.ValueKind == JsonValueKind.String ? Json.GetString()! : throw Refuse($"{Path} is no text");

    public int[] Int32s(int? length = null) => Array.ConvertAll(List(length), node => node.Int32());

    public double[] Doubles(int? length = null) => Array.ConvertAll(List(length), node => node.Double());

    /// <summary>A list of rows of equal length, row-major.</summary>
    public double[] Matrix(int rows, int columns) => [.. List(rows).SelectMany(row => row.Doubles(columns))];

    /// <summary>One of a few words.</summary>
    public T Choice<T>(params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var text = Text();
        foreach (var (word, value) in choices)
        {
            if (word == text)
                return value;
        }

        throw Refuse($"{Path} is '{text}', which is not known");
    }

    public InvalidFileException Refuse(string what) => new(File, Path, $"{File} is no golden file: {what}; give a file of golden vectors.");

    string Child(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
