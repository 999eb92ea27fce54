namespace CoKe.Trainer.Recipes;

/// <summary>What a recipe does not say: recipes/defaults.yaml, which the program carries in itself. What is in neither is off, or is left
/// to the images.</summary>
static class RecipeDefaults
{
    const string Name = "defaults.yaml";

    /// <summary>What an eta that is given leaves without effect.</summary>
    static readonly string[] OfAutomaticRate = ["clustering.dual-learning-rate-factor", "clustering.smallest-dual-learning-rate"];

    static readonly RecipeFile File = RecipeReader.ReadAlone(Text(), $"recipes/{Name}");

    /// <summary>The hyper-parameters of the file.</summary>
    public static Recipe Recipe => File.Recipe;

    /// <summary>The keys that it gives.</summary>
    public static IReadOnlyCollection<string> Keys => [.. File.Given.Keys];

    /// <summary>The keys that a recipe leaves to the file, and that have an effect in it.</summary>
    /// <param name="recipe">The recipe, with what it is based on.</param>
    public static IReadOnlyList<string> KeysFor(RecipeFile recipe) =>
        [
            .. File
                .Given.Keys.Except(recipe.Given.Keys)
                .Except(RecipeFit.Fitted(recipe.Recipe, recipe.Given.Keys))
                .Except(WithoutEffect(recipe.Recipe)),
        ];

    static IEnumerable<string> WithoutEffect(Recipe recipe) =>
        [
            .. recipe.Clustering.DualLearningRate is null ? [] : OfAutomaticRate,
            .. recipe.Optimizer.Kind == Learning.Optimizers.OptimizerKind.Lars ? [] : (string[])["optimizer.trust-coefficient"],
            .. recipe.Encoder.Prediction ? [] : (string[])["loss.prediction-weight"],
            .. RecipeViews.HasSmall(recipe) ? [] : (string[])["loss.large-view-weight"],
        ];

    static string Text()
    {
        using var reader = new StreamReader(typeof(RecipeDefaults).Assembly.GetManifestResourceStream(Name)!);
        return reader.ReadToEnd();
    }
}
