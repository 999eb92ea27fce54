using CoKe.Errors;
using CoKe.Trainer.Data;
using CoKe.Trainer.Views;
using static CoKe.Trainer.Requirement;

namespace CoKe.Trainer.Training;

/// <summary>The views that are drawn, and the step that learns from them: two parts of a recipe that must fit each other.</summary>
/// <param name="Views">Large ones first.</param>
/// <param name="Step">For as many.</param>
sealed record LearnerOptions(ViewSet Views, StepOptions Step)
{
    /// <summary>Those of a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="channels">Of an image.</param>
    /// <param name="imageSize">Of every image; null where they differ.</param>
    /// <exception cref="InvalidOptionsException">Options that are out of range or do not go together; names the option, its value and the
    /// remedy.</exception>
    public static LearnerOptions Of(Recipe recipe, int channels, ImageSize? imageSize)
    {
        var views = RecipeViews.Of(recipe, channels, imageSize);
        var step = StepOptions.Of(recipe, channels, views);
        step.Validate();
        foreach (var view in views.Small)
            (step.Encoder with { ImageHeight = view.Extent.Height, ImageWidth = view.Extent.Width }).Validate();
        return new LearnerOptions(views, step);
    }

    /// <summary>Refuses what makes no steps for so many images.</summary>
    /// <param name="recipe">Mini-batches and epochs.</param>
    /// <param name="imageCount">N.</param>
    /// <exception cref="InvalidOptionsException">A mini-batch without batch statistics, or more steps than can be counted.</exception>
    public void CheckSteps(Recipe recipe, int imageCount)
    {
        var steps = EpochBatches.Count(imageCount, recipe.BatchSize);
        // Of a single row the variance is none: libtorch makes it not a number, which the running statistics would keep to the end.
        Require(
            imageCount / steps * Views.Groups().Min(group => group.Views.Length) > 1,
            nameof(recipe.BatchSize),
            recipe.BatchSize,
            $"cuts {imageCount} images into mini-batches of which some have one image, too few for batch statistics: "
                + $"take {EpochBatches.Count(imageCount, Math.Max(1, imageCount / 2))} or more, or more views"
        );
        Require(
            (recipe.Epochs + 1L) * steps <= int.MaxValue,
            nameof(recipe.Epochs),
            recipe.Epochs,
            $"of {steps} steps each are more than {int.MaxValue} steps: take fewer epochs, or larger mini-batches"
        );
    }
}
