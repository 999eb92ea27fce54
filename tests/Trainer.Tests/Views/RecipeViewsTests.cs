using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Tests.Views;

public sealed class RecipeViewsTests
{
    static readonly ImageSize Cifar = new(32, 32);
    static readonly Recipe Deep = RecipeDefaults.Recipe with
    {
        Encoder = RecipeDefaults.Recipe.Encoder with { Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar },
    };

    [Theory]
    [InlineData(1, "small-gray", "2x28x28", false)]
    [InlineData(3, "small-color", "2x28x28", true)]
    public void Of_NothingAskedFor_SuitsTheChannelsAndHasTheSizeOfTheImages(int channels, string preset, string groups, bool flips)
    {
        var set = RecipeViews.Of(RecipeDefaults.Recipe, channels, new ImageSize(28, 28));

        Assert.Equal((preset, groups), (set.Name, Groups(set)));
        Assert.All(set.Views, view => Assert.Equal(flips ? 0.5 : 0, view.FlipProbability));
    }

    [Fact]
    public void Of_ImagesOfDifferentSizes_AreOfThePresets()
    {
        Assert.Equal(
            "2x224x224 6x96x96",
            Groups(RecipeViews.Of(Deep with { Views = Deep.Views with { ViewPreset = "coke-multi" } }, 3, imageSize: null))
        );
        Assert.Equal(
            "1x224x224",
            Groups(RecipeViews.Of(Deep with { Views = Deep.Views with { ViewPreset = "coke-single" } }, 3, imageSize: null))
        );
    }

    [Theory]
    [InlineData("coke-multi", null, null, null, null, "2x32x32 6x14x14")]
    [InlineData("coke-multi", 3, 4, 64, null, "3x64x64 4x27x27")]
    [InlineData("coke-multi", null, 0, null, null, "2x32x32")]
    [InlineData("swav", null, 2, 48, 16, "2x48x48 2x16x16")]
    [InlineData("coke-single", 2, null, null, null, "2x32x32")]
    [InlineData("cifar", 1, null, null, null, "1x32x32")]
    public void Of_CountsAndSizes_AreThoseOfTheRecipe(string preset, int? large, int? small, int? largeSize, int? smallSize, string groups)
    {
        var recipe = Deep with
        {
            Views = Deep.Views with
            {
                ViewPreset = preset,
                LargeViews = large,
                SmallViews = small,
                LargeViewSize = largeSize,
                SmallViewSize = smallSize,
            },
        };

        var options = recipe.LearnerOf(3, Cifar);

        Assert.Equal(groups, Groups(options.Views));
        Assert.Equal((options.Views.Large.Count, options.Views.Small.Count), (options.Step.Loss.LargeViews, options.Step.Loss.SmallViews));
        Assert.Equal(options.Views.Large[0].Extent, new ImageSize(options.Step.Encoder.ImageHeight, options.Step.Encoder.ImageWidth));
        Assert.Equal(options.Views.Large.Count, recipe.ClusteringOf(100, seed: 1).Views);
    }

    [Fact]
    public void Of_MoreViewsThanThePreset_DrawsItsViewsOverAndOver()
    {
        var views = RecipeViews.Of(Deep with { Views = Deep.Views with { ViewPreset = "byol", LargeViews = 3 } }, 3, Cifar).Views;

        double[] blurred = [1, 0.1, 1];
        Assert.Equal(blurred, views.Select(v => v.BlurProbability));
    }

    [Fact]
    public void Of_ChangesToThePreset_AreMadeWhereTheyBelong()
    {
        var set = RecipeViews.Of(
            Deep with
            {
                Views = Deep.Views with
                {
                    ViewPreset = "coke-multi",
                    SmallestArea = 0.3,
                    LastSmallestArea = 0.6,
                    Blur = 0.25,
                    Rotation = 10,
                    Flip = false,
                },
            },
            3,
            Cifar
        );

        Assert.All(set.Large, v => Assert.Equal((0.3, 0.6), (v.SmallestArea, v.LastSmallestArea)));
        Assert.All(set.Small, v => Assert.Equal((0.05, null), (v.SmallestArea, v.LastSmallestArea)));
        Assert.All(set.Views, v => Assert.Equal((10, 0, 0.25), (v.Rotation, v.FlipProbability, v.BlurProbability)));
    }

    /// <summary>Whoever asks for crops from 0.4 does not want the preset's 0.8 at the end.</summary>
    [Fact]
    public void Of_SmallestAreaAlone_StaysToTheEnd()
    {
        Assert.Equal((0.3, 0.8), Area(RecipeDefaults.Recipe));
        Assert.Equal((0.4, null), Area(RecipeDefaults.Recipe with { Views = RecipeDefaults.Recipe.Views with { SmallestArea = 0.4 } }));
        Assert.Equal((0.3, 1.0), Area(RecipeDefaults.Recipe with { Views = RecipeDefaults.Recipe.Views with { LastSmallestArea = 1 } }));
        static (double, double?) Area(Recipe recipe) =>
            RecipeViews.Of(recipe, 1, new ImageSize(28, 28)).Views.Select(v => (v.SmallestArea, v.LastSmallestArea)).Distinct().Single();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Resolved_Recipe_MeansTheSameAndIsResolvedToItself(int channels)
    {
        var recipe = Deep with { Views = Deep.Views with { ViewPreset = channels == 1 ? null : "coke-multi", Rotation = 5 } };

        var resolved = RecipeViews.Resolved(recipe, channels, Cifar);

        Assert.Equal(RecipeViews.Of(recipe, channels, Cifar).Views, RecipeViews.Of(resolved, channels, Cifar).Views);
        Assert.Equal(resolved, RecipeViews.Resolved(resolved, channels, Cifar));
    }

    public static TheoryData<string, object> Impossible =>
        new()
        {
            { "ViewPreset", Deep with { Views = Deep.Views with { ViewPreset = "none" } } },
            { "LargeViews", Deep with { Views = Deep.Views with { LargeViews = 0 } } },
            { "LargeViews", Deep with { Views = Deep.Views with { LargeViews = 65 } } },
            { "SmallViews", Deep with { Views = Deep.Views with { ViewPreset = "coke-multi", SmallViews = -1 } } },
            { "SmallViews", Deep with { Views = Deep.Views with { ViewPreset = "cifar", SmallViews = 2 } } },
            // The small net takes one size.
            { "SmallViews", RecipeDefaults.Recipe with { Views = RecipeDefaults.Recipe.Views with { ViewPreset = "coke-multi" } } },
            { "LargeViewSize", Deep with { Views = Deep.Views with { LargeViewSize = 0 } } },
            { "LargeViewSize", Deep with { Views = Deep.Views with { LargeViewSize = 2000 } } },
            { "LargeViewSize", Deep with { Views = Deep.Views with { ViewPreset = "coke-multi", LargeViewSize = 1 } } },
            { "SmallViewSize", Deep with { Views = Deep.Views with { ViewPreset = "coke-multi", SmallViewSize = 32 } } },
            { "SmallViewSize", Deep with { Views = Deep.Views with { ViewPreset = "coke-multi", SmallViewSize = 0 } } },
            { "SmallViewSize", Deep with { Views = Deep.Views with { ViewPreset = "cifar", SmallViewSize = 16 } } },
            {
                "LargeViewWeight",
                Deep with
                {
                    Views = Deep.Views with { ViewPreset = "coke-multi" },
                    Loss = Deep.Loss with { LargeViewWeight = 1.5 },
                }
            },
            { "SmallestArea", Deep with { Views = Deep.Views with { SmallestArea = 0 } } },
            { "LastSmallestArea", Deep with { Views = Deep.Views with { LastSmallestArea = 2 } } },
            { "Blur", Deep with { Views = Deep.Views with { Blur = 2 } } },
            { "Rotation", Deep with { Views = Deep.Views with { Rotation = 200 } } },
            {
                "Stem",
                Deep with
                {
                    Views = Deep.Views with { ViewPreset = "coke-multi" },
                    Encoder = Deep.Encoder with { Stem = Stem.ImageNet },
                }
            }, // small views of 14
        };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void LearnerOptions_ImpossibleRecipe_IsRefusedByName(string field, object recipe) =>
        Assert.Equal(field, Assert.Throws<InvalidOptionsException>(() => ((Recipe)recipe).LearnerOf(3, Cifar)).Field);

    static string Groups(ViewSet set) => string.Join(' ', set.Groups().Select(g => $"{g.Views.Length}x{g.Size.Height}x{g.Size.Width}"));
}
