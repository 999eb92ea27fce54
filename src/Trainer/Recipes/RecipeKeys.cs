using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>All keys of recipes, in the order in which they are written. docs/recipes.md explains them; a test compares the two.</summary>
static class RecipeKeys
{
    const int LongestCompared = 200;

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
    public static string Nearest(string name)
    {
        // What is longer than every key by this much is near to none, and comparing takes memory for every letter.
        var start = name.Length > LongestCompared ? name[..LongestCompared] : name;
        return All.MinBy(key => Math.Min(Distance(key.Name, start), 1 + Distance(Last(key.Name), Last(start))))!.Name;
    }

    static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Levenshtein's: letters to insert, delete or replace. Underscores and case count for nothing.</summary>
    static int Distance(string a, string b)
    {
        b = b.Replace('_', '-').ToLowerInvariant();
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
