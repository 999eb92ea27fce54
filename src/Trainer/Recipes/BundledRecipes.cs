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
    public static string? Find(string name)
    {
        var file = Path.Combine(Folder, name.EndsWith(Ending, StringComparison.Ordinal) ? name : name + Ending);
        return !File.Exists(name) && !name.Contains('/') && File.Exists(file) ? file : null;
    }
}
