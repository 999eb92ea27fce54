using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Views;

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
    /// <exception cref="InvalidOptionsException">Options that are out of range or do not go together; names the option, its value and the remedy.</exception>
    public static LearnerOptions Of(Recipe recipe, int channels, ImageSize? imageSize)
    {
        var views = RecipeViews.Of(recipe, channels, imageSize);
        var step = StepOptions.Of(recipe, channels, views);
        step.Validate();
        foreach (var view in views.Small)
            (step.Encoder with { ImageHeight = view.Extent.Height, ImageWidth = view.Extent.Width }).Validate();
        return new LearnerOptions(views, step);
    }
}
