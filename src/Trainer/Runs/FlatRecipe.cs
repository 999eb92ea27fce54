using System.Text.Json;
using System.Text.Json.Nodes;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Runs;

/// <summary>The recipe of a run.json of format 3, whose hyper-parameters stood in one list and had the names that they have in their
/// sections now.</summary>
static class FlatRecipe
{
    /// <summary>The format whose recipes are flat.</summary>
    public const int Format = 3;

    static readonly Dictionary<string, string> SectionOf = typeof(Recipe)
        .GetProperties()
        .Where(section =>
            section.PropertyType.Namespace!.StartsWith("CoKe.", StringComparison.Ordinal) && section.Name != nameof(Recipe.Alarms)
        )
        .SelectMany(section => section.PropertyType.GetProperties().Select(one => (Key: NameOf(one.Name), Section: NameOf(section.Name))))
        .ToDictionary(one => one.Key, one => one.Section);

    /// <summary>The recipe by sections.</summary>
    /// <param name="flat">Of format 3.</param>
    public static JsonObject Nested(JsonObject flat)
    {
        var nested = new JsonObject();
        foreach (var (name, value) in flat)
        {
            // How parameters move was a word beside its numbers.
            var (section, key) = name == "optimizer" ? (name, "kind") : (SectionOf.GetValueOrDefault(name), name);
            var into = section is null ? nested : (JsonObject)(nested[section] ??= new JsonObject());
            into[key] = value?.DeepClone();
        }
        return nested;
    }

    static string NameOf(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);
}
