using CoKe.Learning.Data;

namespace CoKe.Trainer.Recipes;

/// <summary>
/// What a recipe leaves open when it is for any folder of images: numbers of clusters, epochs and mini-batches, and the size of views, from
/// number and size of the images. Classes, where there are any, have no part in it. The numbers are rules of thumb that were tried on
/// folders of 40 to 9,000 images; docs/recipes.md lists them.
/// </summary>
static class RecipeFit
{
    /// <summary>Where one is held out for evaluation, of images with classes and without a test part that can be evaluated.</summary>
    public const int HoldOutEvery = 5;

    const int ImagesPerClusterOfAll = 10,
        ImagesOfSmallestCluster = 10,
        MostClusters = 100;
    const int FewestEpochs = 10,
        MostEpochs = 100,
        ImagesInAll = 400_000;
    const int SmallestBatch = 8,
        LargestBatch = 64,
        BatchesOfAnEpoch = 8;
    const double RateOfLargestBatch = 0.1;
    const int SmallestView = 16,
        LargestView = 64,
        ViewStep = 8;

    /// <summary>Keys of a recipe that are left to be decided by the images.</summary>
    /// <param name="recipe">As it was asked for.</param>
    /// <param name="given">Names of keys that were given.</param>
    public static IReadOnlyCollection<string> Fitted(Recipe recipe, IEnumerable<string> given) =>
        recipe.Data.FitsImages
            ?
            [
                .. (
                    (string[])
                        [
                            "heads",
                            "schedule.epochs",
                            "schedule.batch-size",
                            "schedule.learning-rate",
                            "views.large-size",
                            "data.shorter-side",
                        ]
                ).Except(given),
            ]
            : [];

    /// <summary>The recipe with nothing left open.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">The images.</param>
    /// <param name="given">Names of keys that were given, which stay.</param>
    public static Recipe Of(Recipe recipe, RunImages data, IEnumerable<string> given)
    {
        recipe = recipe with { Data = recipe.Data with { HoldOutEvery = data.HoldOutEvery } };
        if (!recipe.Data.FitsImages)
            return recipe;
        var (keys, count) = (given.ToHashSet(), data.Train.Images.Count);
        T Fitted<T>(string key, T asked, T fitted) => keys.Contains(key) ? asked : fitted;
        var batch = Fitted(
            "schedule.batch-size",
            recipe.Schedule.BatchSize,
            Math.Clamp(count / BatchesOfAnEpoch, SmallestBatch, LargestBatch)
        );
        var typical = data.TypicalSide;
        var view = typical is { } side ? Math.Clamp(side / ViewStep * ViewStep, SmallestView, LargestView) : (int?)null;
        return recipe with
        {
            Data = recipe.Data with
            {
                FitsImages = false,
                ShorterSide = Fitted("data.shorter-side", recipe.Data.ShorterSide, typical > 4 * view ? 2 * view : null),
            },
            Heads = Fitted("heads", recipe.Heads, Heads(count)),
            Schedule = recipe.Schedule with
            {
                Epochs = Fitted("schedule.epochs", recipe.Schedule.Epochs, Math.Clamp(ImagesInAll / count, FewestEpochs, MostEpochs)),
                BatchSize = batch,
                LearningRate = Fitted(
                    "schedule.learning-rate",
                    recipe.Schedule.LearningRate,
                    RateOfLargestBatch * Math.Min(batch, LargestBatch) / LargestBatch
                ),
            },
            Views = recipe.Views with { LargeViewSize = Fitted("views.large-size", recipe.Views.LargeViewSize, view) },
        };
    }

    /// <summary>K, 2K and 4K, of which none leaves a cluster fewer than a few images.</summary>
    static IReadOnlyList<int> Heads(int count)
    {
        var smallest = Math.Clamp((int)Math.Round(Math.Sqrt((double)count / ImagesPerClusterOfAll)), 2, MostClusters);
        return [.. ((int[])[1, 2, 4]).Select(times => Math.Max(2, Math.Min(times * smallest, count / ImagesOfSmallestCluster))).Distinct()];
    }
}
