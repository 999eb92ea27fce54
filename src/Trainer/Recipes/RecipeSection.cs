namespace CoKe.Trainer.Recipes;

/// <summary>A section of recipes, whose keys are made here.</summary>
/// <param name="name">Of the section.</param>
/// <param name="get">Its part of the hyper-parameters.</param>
/// <param name="with">The hyper-parameters with another one.</param>
sealed class RecipeSection<S>(string name, Func<Recipe, S> get, Func<Recipe, S, Recipe> with)
{
    /// <summary>A key that always has a value.</summary>
    /// <param name="key">Its name in the section.</param>
    /// <param name="field">The name that validation calls it by.</param>
    /// <param name="kind">What values it takes.</param>
    /// <param name="read">Its value; null is not written.</param>
    /// <param name="take">The section with another one.</param>
    /// <param name="mayChange">See <see cref="RecipeKey.MayChange"/>.</param>
    public RecipeKey Key<T>(string key, string field, ValueKind<T> kind, Func<S, T> read, Func<S, T, S> take, bool mayChange = false) =>
        Of(key, field, kind, section => read(section) is { } value ? kind.Write(value) : null, take, mayChange);

    /// <summary>A key that may be left to be decided: then it is not written.</summary>
    /// <inheritdoc cref="Key"/>
    public RecipeKey Optional<T>(string key, string field, ValueKind<T> kind, Func<S, T?> read, Func<S, T, S> take, bool mayChange = false)
        where T : struct => Of(key, field, kind, section => read(section) is { } value ? kind.Write(value) : null, take, mayChange);

    RecipeKey Of<T>(string key, string field, ValueKind<T> kind, Func<S, object?> write, Func<S, T, S> take, bool mayChange) =>
        new(
            $"{name}.{key}",
            field,
            kind.Takes,
            (file, node) => kind.Read(node, out var value) ? file with { Recipe = with(file.Recipe, take(get(file.Recipe), value)) } : null,
            file => write(get(file.Recipe))
        )
        {
            MayChange = mayChange,
        };
}
