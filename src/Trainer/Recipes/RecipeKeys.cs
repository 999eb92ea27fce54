using CoKe.Errors;
using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>All keys of recipes, in the order in which they are written. docs/recipes.md explains them; a test compares the two.</summary>
static class RecipeKeys
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        RecipeKey.Of("about.what", nameof(RecipeFile.What), Text, (RecipeFile r) => r.What, (r, v) => r with { What = v }),
        RecipeKey.Of("about.source", nameof(RecipeFile.Source), Text, (RecipeFile r) => r.Source, (r, v) => r with { Source = v }),
        RecipeKey.Of("seed", nameof(RecipeFile.Seed), Whole(0), (RecipeFile r) => r.Seed, (r, v) => r with { Seed = v }),
        .. ImageKeys.All,
        .. EncoderKeys.All,
        .. ClusteringKeys.All,
    ];

    static readonly Dictionary<string, RecipeKey> ByName = All.ToDictionary(key => key.Name);

    /// <summary>The key of this name; null: there is none.</summary>
    public static RecipeKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether keys lie below this name.</summary>
    public static bool IsSection(string name) =>
        All.Any(key =>
            key.Name.Length > name.Length && key.Name[name.Length] == '.' && key.Name.StartsWith(name, StringComparison.Ordinal)
        );

    /// <summary>The key that was probably meant.</summary>
    public static string Nearest(string name) =>
        All.MinBy(key => Math.Min(NearestWord.Distance(key.Name, name), 1 + NearestWord.Distance(Last(key.Name), Last(name))))!.Name;

    static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
}
