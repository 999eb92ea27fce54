namespace CoKe.Trainer.Recipes;

/// <summary>The recipes that come with the program.</summary>
static class BundledRecipes
{
    const string Ending = ".yaml";

    /// <summary>Where they are.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "recipes");

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<string> Files =>
        [.. Directory.EnumerateFiles(Folder, $"*{Ending}").OrderBy(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal)];

    /// <summary>The file of this name; null where there is none, or where the name is that of another file that exists.</summary>
    public static string? Find(string name) => File.Exists(name) ? null : Named(name);

    /// <summary>What a recipe is based on: the file of this path seen from the recipe's folder if it exists, else the recipe of this name,
    /// else that path again, which is then refused.</summary>
    /// <param name="path">Of the recipe.</param>
    /// <param name="named">As its <c>base</c> says.</param>
    public static string BaseOf(string path, string named)
    {
        var seen = Path.Combine(Path.GetDirectoryName(path) ?? "", named);
        return File.Exists(seen) ? seen : Named(named) ?? seen;
    }

    static string? Named(string name)
    {
        var file = Path.Combine(Folder, name.EndsWith(Ending, StringComparison.Ordinal) ? name : name + Ending);
        return !name.Contains('/') && File.Exists(file) ? file : null;
    }
}
