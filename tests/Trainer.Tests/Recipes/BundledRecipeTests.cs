using System.Text.Json;
using CoKe.Learning.Data;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Views;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>The recipes in recipes/: every one can be run as far as that can be told without its images, says what it is, and means what
/// the paper says.</summary>
public sealed class BundledRecipeTests
{
    static readonly string[] All =
    [
        .. Directory
            .EnumerateFiles(Repository.At("recipes"), "*.yaml")
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Where(name => name != "defaults")
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Names => [.. All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_ARecipeOfTheProject_IsValidAndSaysWhatItIs(string name)
    {
        var recipe = RecipeReader.Read(name);

        Assert.Equal(name, recipe.Name);
        Assert.NotEmpty(recipe.What);
        Assert.NotEmpty(recipe.Source);
        Assert.Empty(RecipeDefaults.KeysFor(recipe));
        var text = Repository.Read($"recipes/{name}.yaml");
        foreach (var word in (string[])["# command:  coke-train train " + name, "# cost:", "# expected:", "# source:"])
            Assert.Contains(word, text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_ThenRead_IsTheSameRecipe(string name)
    {
        var recipe = RecipeReader.Read(name);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("again.yaml"), RecipeWriter.Write(recipe));

        var again = RecipeReader.Read(folder.File("again.yaml"));

        Assert.Equal(
            Text(recipe with { Name = "", Given = new Dictionary<string, GivenValue>() }),
            Text(again with { Name = "", Given = new Dictionary<string, GivenValue>() })
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Clustering_OfTheImagesItIsMadeFor_HasNoWarnings(string name)
    {
        var images = name switch
        {
            "cifar-10" or "cifar-100-20" => 50_000,
            "cifar-10-small" => 8_000,
            "digits" => 1_438, // the least it names
            "fashion-mnist" => 9_000,
            "fashion-mnist-hour" => 60_000,
            _ => 1_281_167,
        };

        Assert.Empty(RecipeReader.Read(name).Recipe.ClusteringOf(images, seed: 0).Warnings());
    }

    [Fact]
    public void Files_BesideTheProgram_AreThoseOfTheProject() =>
        Assert.Equal(All, BundledRecipes.Files.Select(file => Path.GetFileNameWithoutExtension(file)));

    /// <summary>What is not there has no value of its own in code: it is off, or left to the images.</summary>
    [Fact]
    public void Defaults_HaveEveryKeyThatTrainingDependsOn()
    {
        string[] off =
        [
            "seed",
            "encoder.stem",
            "encoder.prediction",
            "encoder.precision",
            "clustering.dual-learning-rate",
            "clustering.center-rule",
            "clustering.center-schedule",
            "clustering.stage-two-after-epoch",
            "clustering.labels",
            "clustering.centers",
        ];
        string[] sections = ["about.", "data.", "views.", "evaluation.", "alarms.", "report.", "machine."];

        Assert.Equal(
            RecipeKeys
                .All.Select(key => key.Name)
                .Where(name => !off.Contains(name) && !sections.Any(section => name.StartsWith(section, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal),
            RecipeDefaults.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("encoder: {width: 8}", "heads")]
    [InlineData("optimizer: {kind: lars}", "optimizer.trust-coefficient")]
    [InlineData("encoder: {prediction: true}", "loss.prediction-weight")]
    [InlineData("views: {preset: coke-multi}", "loss.large-view-weight")]
    public void KeysFor_ARecipeThatLeavesThem_NamesThoseThatHaveAnEffect(string text, string left)
    {
        var recipe = RecipeReader.ReadAlone(text, "mine.yaml");

        Assert.Contains(left, RecipeDefaults.KeysFor(recipe));
        Assert.DoesNotContain(left, RecipeDefaults.KeysFor(RecipeReader.Read(DemoArguments.RecipeName)));
    }

    [Fact]
    public void FashionMnist_IsWhatTheHelpOfTheDemoSays()
    {
        var recipe = RecipeReader.Read(DemoArguments.RecipeName).Recipe;

        Assert.Equal((DemoArguments.Epochs, DemoArguments.Heads), ($"{recipe.Schedule.Epochs}", string.Join(',', recipe.Heads)));
    }

    [Fact]
    public void FashionMnist_IsWhatHasNoRecipe() =>
        Assert.Equal(
            Text(RecipeDefaults.Recipe with { Views = RecipeDefaults.Recipe.Views with { Rotation = 0 } }),
            Text(RecipeReader.Read(DemoArguments.RecipeName).Recipe)
        );

    [Fact]
    public void ImageNet_HasThePapersNumbers()
    {
        var (one, two, multi) = (Recipe("imagenet-one-view"), Recipe("imagenet-two-views"), Recipe("imagenet-multi-crop"));

        Assert.All((Recipe[])[one, two, multi], recipe =>
        {
            // Appendix B.1 and section 4.
            Assert.Equal(
                (BackboneKind.ResNet50, Stem.ImageNet, 64, 128),
                (recipe.Encoder.Backbone, recipe.Encoder.Stem, recipe.Encoder.Width, recipe.Encoder.Dimension)
            );
            Assert.Equal(
                (OptimizerKind.Lars, 1e-6, 0.9, 1.6, 1024, 10.0),
                (
                    recipe.Optimizer.Kind,
                    recipe.Optimizer.WeightDecay,
                    recipe.Optimizer.Momentum,
                    recipe.Schedule.LearningRate,
                    recipe.Schedule.BatchSize,
                    recipe.Schedule.WarmUpEpochs
                )
            );
            Assert.Equal((0.4, 20.0), (recipe.Clustering.MinimumSizeRatio, recipe.Clustering.DualLearningRate));
            Assert.Equal([3000, 4000, 5000], recipe.Heads.AsEnumerable());
        });
        Assert.Equal(
            (800, 640, 0.1, 2, false, 1),
            (
                one.Schedule.Epochs,
                one.Clustering.StageTwoAfterEpoch,
                one.Loss.Temperature,
                one.Encoder.ProjectionLayers,
                one.Encoder.Prediction,
                Views(one).Count
            )
        );
        Assert.Equal(
            (1000, null, 0.05, 0.2, 3, true, 0.5),
            (
                two.Schedule.Epochs,
                two.Clustering.StageTwoAfterEpoch,
                two.Loss.Temperature,
                two.Loss.LabelWeight,
                two.Encoder.ProjectionLayers,
                two.Encoder.Prediction,
                two.Loss.PredictionWeight
            )
        );
        Assert.Equal((800, "224 224 96 96 96 96 96 96"), (multi.Schedule.Epochs, string.Join(' ', Views(multi).Select(view => view.Size))));
    }

    [Fact]
    public void Cifar_HasThePapersNumbers()
    {
        var (ten, twenty) = (Recipe("cifar-10"), Recipe("cifar-100-20"));

        Assert.Equal(
            (400, 128, 0.2, OptimizerKind.Sgd, 0.9, 0.1),
            (
                ten.Schedule.Epochs,
                ten.Schedule.BatchSize,
                ten.Schedule.LearningRate,
                ten.Optimizer.Kind,
                ten.Clustering.MinimumSizeRatio,
                ten.Clustering.DualLearningRate
            )
        );
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 10 * i), ten.Heads);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 20 * i), twenty.Heads);
        Assert.Equal((DataFormat.Cifar100, ClassLevel.Coarse), (twenty.Data.Format, twenty.Evaluation.Classes));
        Assert.All(ten.LearnerOf(3, new ImageSize(32, 32)).Views.Views, view =>
            Assert.Equal((0.3, 1.0), (view.SmallestArea, view.LargestArea))
        );
    }

    [Fact]
    public void Ablations_ChangeNothingButWhatTheyAreNamedFor()
    {
        var changes = All.Where(name => name.StartsWith("table-", StringComparison.Ordinal))
            .SelectMany(name =>
            {
                var bases = Repository
                    .Read($"recipes/{name}.yaml")
                    .Split('\n')
                    .Single(line => line.StartsWith("base: ", StringComparison.Ordinal))["base: ".Length..];
                var (own, before) = (RecipeReader.Read(name), RecipeReader.Read(bases));
                return RecipeKeys
                    .All.Where(key => !key.Name.StartsWith("about.", StringComparison.Ordinal) && key.Text(own) != key.Text(before))
                    .Select(key => (Table: name.Split('-')[1], key.Name));
            })
            .Distinct()
            .ToLookup(change => change.Table, change => change.Name);

        Assert.Equal(["clustering.minimum-size-ratio"], changes["1"]);
        Assert.Equal(["clustering.centers", "clustering.labels"], changes["2"].Order());
        Assert.Equal(["heads"], changes["3"]);
        Assert.Equal(["heads"], changes["4"]);
        Assert.Equal(["schedule.batch-size", "schedule.learning-rate"], changes["9"].Order());
        Assert.Equal(["clustering.stage-two-after-epoch", "heads"], changes["10"].Order());
        Assert.Equal(["loss.label-weight"], changes["11"]);
        Assert.Equal(["encoder.prediction", "loss.prediction-weight"], changes["12"].Order());
        Assert.Equal(["schedule.epochs"], changes["13"]);
    }

    [Fact]
    public void Docs_NameEveryKey()
    {
        var docs = Repository.Read("docs/recipes.md");

        Assert.All(RecipeKeys.All, key => Assert.Contains($"`{key.Name}`", docs));
    }

    [Fact]
    public void Docs_ShowARecipeThatCanBeRead()
    {
        using var folder = new TemporaryFolder();
        var shown = Repository.Read("docs/recipes.md").Split("```yaml\n")[1].Split("```")[0];
        File.WriteAllText(folder.File("shown.yaml"), shown);

        Assert.Equal([10, 20], RecipeReader.Read(folder.File("shown.yaml")).Recipe.Heads);
    }

    static Recipe Recipe(string name) => RecipeReader.Read(name).Recipe;

    static IReadOnlyList<ViewOptions> Views(Recipe recipe) => recipe.LearnerOf(3, null).Views.Views;

    static string Text<T>(T value) => JsonSerializer.Serialize(value);

    [Fact]
    public void Demo_OfOneEpoch_HasAShorterWarmUp()
    {
        Assert.Equal(
            (1, 0.5),
            (DemoCommandLine.Read("--epochs 1").Recipe.Schedule.Epochs, DemoCommandLine.Read("--epochs 1").Recipe.Schedule.WarmUpEpochs)
        );
        Assert.Equal(1, DemoCommandLine.Read("--epochs 2").Recipe.Schedule.WarmUpEpochs);
    }
}
