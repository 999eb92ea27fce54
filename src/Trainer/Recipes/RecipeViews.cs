using CoKe.Errors;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static CoKe.Learning.Requirement;

namespace CoKe.Trainer.Recipes;

/// <summary>The views that a recipe asks for: a preset, made of the recipe's counts and sizes, with what the recipe changes in
/// it.</summary>
static class RecipeViews
{
    const int MostViews = 64;

    /// <summary>The recipe with nothing left to its preset but how a view is drawn, so that a stored one means the same whatever becomes of
    /// defaults.</summary>
    /// <exception cref="InvalidOptionsException">See <see cref="Of"/>.</exception>
    public static Recipe Resolved(Recipe recipe, int channels, ImageSize? imageSize)
    {
        var set = Of(recipe, channels, imageSize);
        return recipe with
        {
            Views = recipe.Views with
            {
                ViewPreset = set.Name,
                LargeViews = set.Large.Count,
                SmallViews = set.Small.Count,
                SmallestArea = Common(set.Large, v => v.SmallestArea),
                LastSmallestArea = Common(set.Large, v => v.LastSmallestArea),
                Blur = Common(set.Views, v => v.BlurProbability),
                Rotation = set.Views.Max(v => v.Rotation),
                Flip = set.Views.Any(v => v.FlipProbability > 0),
            },
        };
    }

    /// <summary>What all views have; null where they differ, which only a preset says.</summary>
    static double? Common(IReadOnlyList<ViewOptions> views, Func<ViewOptions, double?> value) =>
        views.Select(value).Distinct().ToArray() is [var one] ? one : null;

    /// <summary>Whether a recipe asks for small views; it does not depend on images.</summary>
    public static bool HasSmall(Recipe recipe) => (recipe.Views.SmallViews ?? Preset(recipe, channels: 1).Small.Count) > 0;

    /// <summary>How many large views a recipe asks for; it does not depend on images.</summary>
    public static int LargeCount(Recipe recipe) => recipe.Views.LargeViews ?? Preset(recipe, channels: 1).Large.Count;

    /// <summary>What is drawn of every image.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="channels">1 (gray) or 3 (color).</param>
    /// <param name="imageSize">Of every image, which large views have unless the recipe says otherwise; null where images differ in size:
    /// then the preset's.</param>
    /// <exception cref="InvalidOptionsException">Views that cannot be drawn, or options that contradict each other; names the option, its
    /// value and the remedy.</exception>
    public static ViewSet Of(Recipe recipe, int channels, ImageSize? imageSize)
    {
        var preset = Preset(recipe, channels);
        var (large, small) = (recipe.Views.LargeViews ?? preset.Large.Count, recipe.Views.SmallViews ?? preset.Small.Count);
        Require(
            large is >= 1 and <= MostViews,
            nameof(recipe.Views.LargeViews),
            large,
            $"must be 1 to {MostViews}: their mean is clustered"
        );
        Require(small is >= 0 and <= MostViews, nameof(recipe.Views.SmallViews), small, $"must be 0 to {MostViews}");
        Require(
            small == 0 || preset.Small.Count > 0,
            nameof(recipe.Views.SmallViews),
            small,
            $"needs a preset that says how small views are drawn: {preset.Name} has none, "
                + $"{string.Join(" and ", ViewPresets.WithSmallViews)} do; set views.preset to one of these, or views.small to 0"
        );
        Require(
            recipe.Views.Blur is null or (>= 0 and <= 1),
            nameof(recipe.Views.Blur),
            recipe.Views.Blur,
            "must be 0 to 1, the part of views that are blurred"
        );
        Require(
            recipe.Views.LargeViewSize is null or (>= 1 and <= 1024),
            nameof(recipe.Views.LargeViewSize),
            recipe.Views.LargeViewSize,
            "must be 1 to 1024 pixels"
        );
        var size = recipe.Views.LargeViewSize is { } side ? new ImageSize(side, side) : imageSize ?? preset.Large[0].Extent;
        Require(
            small > 0 || recipe.Views.SmallViewSize is null,
            nameof(recipe.Views.SmallViewSize),
            recipe.Views.SmallViewSize,
            "is of no use without small views: leave it out, or ask for some by views.small"
        );
        var set = preset.Counted(large, small).Resized(size, small == 0 ? null : SmallSize(recipe, preset, size));
        set = set with { Views = [.. set.Views.Select(v => Changed(v, recipe, isLarge: v.Extent == size))] };
        set.Validate();
        return set;
    }

    static ViewSet Preset(Recipe recipe, int channels)
    {
        var name = recipe.Views.ViewPreset ?? (channels == 1 ? "small-gray" : "small-color");
        return ViewPresets.Names.Contains(name)
            ? ViewPresets.Named(name)
            : throw new InvalidOptionsException(
                nameof(recipe.Views.ViewPreset),
                name,
                $"{nameof(recipe.Views.ViewPreset)} = {name} is no preset: take one of {string.Join(", ", ViewPresets.Names)}."
            );
    }

    /// <summary>In proportion to the large views, as in the preset, unless the recipe says otherwise.</summary>
    static ImageSize SmallSize(Recipe recipe, ViewSet preset, ImageSize large)
    {
        if (recipe.Views.SmallViewSize is { } side)
        {
            Require(
                side >= 1 && side < Math.Min(large.Height, large.Width),
                nameof(recipe.Views.SmallViewSize),
                side,
                $"must be at least 1 and less than the large views of {large.Height} x {large.Width}"
            );
            return new ImageSize(side, side);
        }
        var part = (double)preset.Small[0].Size / preset.Large[0].Size;
        Require(
            Math.Min(large.Height, large.Width) > 1,
            nameof(recipe.Views.LargeViewSize),
            large.Height,
            "leaves no room for small views: give at least 2, or views.small 0"
        );
        return new ImageSize(Math.Max(1, (int)Math.Round(large.Height * part)), Math.Max(1, (int)Math.Round(large.Width * part)));
    }

    static ViewOptions Changed(ViewOptions view, Recipe recipe, bool isLarge) =>
        view with
        {
            SmallestArea = isLarge ? recipe.Views.SmallestArea ?? view.SmallestArea : view.SmallestArea,
            // The preset's end belongs to its beginning: whoever asks for another beginning asks for it to the end.
            LastSmallestArea = !isLarge
                ? view.LastSmallestArea
                : recipe.Views.LastSmallestArea ?? (recipe.Views.SmallestArea is null ? view.LastSmallestArea : null),
            BlurProbability = recipe.Views.Blur ?? view.BlurProbability,
            Rotation = recipe.Views.Rotation ?? view.Rotation,
            FlipProbability = recipe.Views.Flip switch
            {
                true => 0.5,
                false => 0,
                null => view.FlipProbability,
            },
        };
}
