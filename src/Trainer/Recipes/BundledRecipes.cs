namespace CoKe.Trainer.Recipes;

/// <summary>The recipes that come with the program.</summary>
static class BundledRecipes
{
    const string Ending = ".yaml";

    /// <summary>Where they are.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "recipes");

    /// <summary>What recipes do not say, see <see cref="RecipeDefaults"/>.</summary>
    public static string Defaults => Path.Combine(Folder, $"defaults{Ending}");

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<string> Files =>
        [
            .. Directory
                .EnumerateFiles(Folder, $"*{Ending}")
                .Where(file => file != Defaults)
                .OrderBy(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal),
        ];

    /// <summary>The file of this name; null where there is none, or where the name is that of another file that exists.</summary>
    public static string? Find(string name)
    {
        var file = Path.Combine(Folder, name.EndsWith(Ending, StringComparison.Ordinal) ? name : name + Ending);
        return !File.Exists(name) && !name.Contains('/') && File.Exists(file) ? file : null;
    }
}
