using System.Text.RegularExpressions;

namespace CoKe.Trainer.Recipes;

/// <summary>Says what the clustering warns of in the words of recipes: whoever reads it has keys, and no options of the
/// clustering.</summary>
static partial class KeyWords
{
    const string Rate = "clustering.dual-learning-rate";

    /// <summary>The sentences, without those about numbers that were fitted to the images: nobody chose them, and what comes of them is
    /// told at the end.</summary>
    /// <param name="warnings">Of the clustering.</param>
    /// <param name="recipe">The recipe of the run.</param>
    /// <param name="fitted">Keys that the recipe left to be decided by the images.</param>
    public static IEnumerable<string> In(IEnumerable<string> warnings, Recipe recipe, IReadOnlyCollection<string> fitted) =>
        warnings.Where(warning => !(NameOf(warning) is { } name && fitted.Contains(name))).Select(warning => In(warning, recipe));

    /// <summary>One sentence.</summary>
    static string In(string warning, Recipe recipe)
    {
        var said = OfHead()
            .Replace(warning, match =>
                RecipeReader.KeyOf(match.Groups["field"].Value) is { } key
                    ? $"{key.Name} of head {match.Groups["head"].Value}"
                    : match.Value
            );
        said = Field()
            .Replace(said, match => RecipeReader.KeyOf(match.Value)?.Name ?? match.Value)
            .Replace("give Epoch.", "give epoch.")
            .Replace(" is Batch ", " is batch ");
        // Where a recipe gives no rate, it gives a factor, without which the rate is the automatic one.
        const string automatic = $"set {Rate}-factor to 1 and clustering.smallest-dual-learning-rate to 0";
        return recipe.Clustering.DualLearningRate is not null
            ? said
            : said.Replace($"leave {Rate} out", automatic)
                .Replace($"{Rate} of head", "the dual learning rate of head")
                .Replace(": leave it out, or give at ", $": {automatic}, or give {Rate} at ");
    }

    /// <summary>The key that a sentence begins with.</summary>
    static string? NameOf(string warning) => RecipeReader.KeyOf(First().Match(warning).Groups["field"].Value)?.Name;

    [GeneratedRegex(@"Heads\[(?<head>\d+)\]\.(?<field>\w+)")]
    private static partial Regex OfHead();

    [GeneratedRegex(@"(?<![\w.-])(BatchSize|DualLearningRate)(?![\w.-])")]
    private static partial Regex Field();

    [GeneratedRegex(@"^(Heads\[\d+\]\.)?(?<field>\w+)")]
    private static partial Regex First();
}
