using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace CoKe.Trainer.Recipes;

/// <summary>A key of recipes.</summary>
/// <param name="Name">Section and key with a dot, or a key alone.</param>
/// <param name="Field">The name that validation calls it by.</param>
/// <param name="Takes">What values it takes.</param>
/// <param name="Read">The recipe with the value; null where the node holds none that fits.</param>
/// <param name="Write">The value as it is written, or null where nothing is to be written.</param>
sealed record RecipeKey(
    string Name,
    string Field,
    string Takes,
    Func<RecipeFile, YamlNode, RecipeFile?> Read,
    Func<RecipeFile, object?> Write
)
{
    /// <summary>Whether a run that goes on may have another value: nothing that is learned depends on it.</summary>
    public bool MayChange { get; init; }

    public static RecipeKey Of<T>(
        string name,
        string field,
        ValueKind<T> kind,
        Func<RecipeFile, T> get,
        Func<RecipeFile, T, RecipeFile> with
    ) =>
        new(
            name,
            field,
            kind.Takes,
            (recipe, node) => kind.Read(node, out var value) ? with(recipe, value) : null,
            recipe => get(recipe) is { } value ? kind.Write(value) : null
        );

    /// <summary>A key of hyper-parameters.</summary>
    public static RecipeKey Of<T>(string name, string field, ValueKind<T> kind, Func<Recipe, T> get, Func<Recipe, T, Recipe> with) =>
        Of(name, field, kind, recipe => get(recipe.Recipe), (recipe, value) => recipe with { Recipe = with(recipe.Recipe, value) });

    /// <summary>The value as text, to be compared.</summary>
    public string? Text(RecipeFile recipe) =>
        Write(recipe) switch
        {
            null => null,
            IReadOnlyList<int> list => string.Join(", ", list),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
}
