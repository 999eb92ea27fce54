namespace CoKe.Trainer.Recipes;

/// <summary>What a recipe does not say, as recipes/defaults.yaml has it: a file that anybody can read, and no value hidden in
/// code.</summary>
static class RecipeDefaults
{
    static readonly Lazy<RecipeFile> File = new(() => RecipeReader.ReadAlone(BundledRecipes.Defaults));

    /// <summary>The hyper-parameters of the file.</summary>
    public static Recipe Recipe => File.Value.Recipe;

    /// <summary>The keys that a recipe leaves to the file.</summary>
    /// <param name="recipe">The recipe, with what it is based on.</param>
    public static IReadOnlyList<string> KeysFor(RecipeFile recipe) =>
        [
            .. File
                .Value.Given.Keys.Except(recipe.Given.Keys)
                .Except(RecipeFit.Fitted(recipe.Recipe, recipe.Given.Keys))
                .Except(recipe.Recipe.Clustering.DualLearningRate is null ? [] : OfAutomaticRate),
        ];

    /// <summary>What an eta that is given leaves without effect.</summary>
    static readonly string[] OfAutomaticRate = ["clustering.dual-learning-rate-factor", "clustering.smallest-dual-learning-rate"];
}
