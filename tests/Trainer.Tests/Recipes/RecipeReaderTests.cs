using CoKe.Errors;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>What a recipe file may say, and how it is refused.</summary>
public sealed class RecipeReaderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string File => _folder.File("mine.yaml");

    public void Dispose() => _folder.Dispose();

    /// <summary>A stack that overflows ends the process, and no test says so.</summary>
    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Read_HundredsOfThousandsOfBrackets_IsRefusedInOneSentence(string bracket)
    {
        Write("mine.yaml", string.Concat(Enumerable.Repeat(bracket, 200_000)));

        var refused = Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File));

        Assert.StartsWith($"{File}:1: lists and sections are nested more than 16 deep", refused.Message);
    }

    [Fact]
    public void Set_AKeyOfMegabytes_IsRefusedInLittleMemory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<RecipeRefusedException>(() => RecipeText.Set(new string('k', 1 << 20) + "=1", []));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40 << 20); // a number for every letter and key would be hundreds
    }

    [Fact]
    public void Read_AFileOfMegabytes_IsRefused()
    {
        Write("mine.yaml", new string('#', 1 << 21));

        Assert.Contains("which no recipe has", Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message);
    }

    [Theory]
    [InlineData("loss:\n  temprature: 0.1", 2, "There is no key loss.temprature; the nearest is loss.temperature.")]
    [InlineData("temperature: 0.1", 1, "There is no key temperature; the nearest is loss.temperature.")]
    [InlineData("optimiser: {kind: sgd}", 1, "There is no key optimiser.kind; the nearest is optimizer.kind.")]
    [InlineData("schedule: {batch_size: 12}", 1, "There is no key schedule.batch_size; the nearest is schedule.batch-size.")]
    [InlineData("seed: 1\n\nschedule: 3", 3, "schedule is a section and takes keys, for instance schedule.epochs.")]
    [InlineData("seed: {a: 1}", 1, "seed takes one value and no keys.")]
    [InlineData("schedule:\n  epochs: ten", 2, "schedule.epochs is ten; it takes a whole number of at least 1.")]
    [InlineData("schedule: {epochs: '10'}", 1, "schedule.epochs is 10; it takes a whole number of at least 1.")]
    [InlineData("schedule: {epochs: 0}", 1, "schedule.epochs is 0; it takes a whole number of at least 1.")]
    [InlineData("schedule: {epochs: 1.5}", 1, "schedule.epochs is 1.5; it takes a whole number of at least 1.")]
    [InlineData("schedule: {learning-rate: .nan}", 1, "schedule.learning-rate is .nan; it takes a number above 0.")]
    [InlineData("schedule: {learning-rate: [1, 2]}", 1, "schedule.learning-rate is [1, 2]; it takes a number above 0.")]
    [InlineData("encoder:\n  backbone: resnet50", 2, "encoder.backbone is resnet50; it takes small-net or resnet-18 or resnet-50.")]
    [InlineData("encoder: {prediction: yes}", 1, "encoder.prediction is yes; it takes true or false.")]
    [InlineData("heads: [10, -1]", 1, "heads is [10, -1]; it takes one or more whole numbers of at least 1, as [10, 20].")]
    [InlineData("heads: []", 1, "heads is []; it takes one or more whole numbers of at least 1, as [10, 20].")]
    [InlineData("clustering: {minimum-size-ratio: 1.2}", 1, "clustering.minimum-size-ratio is 1.2; it takes a number from 0 to 1.")]
    [InlineData("loops: &a {of: *a}", 1, "*a stands for another part of the recipe: write the value itself.")]
    [InlineData("a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]", 2, "*a stands for another part of the recipe: write the value itself.")]
    [InlineData("seed: 1\nheads: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 2, "lists and sections are nested more than 16 deep")]
    [InlineData("\"\\e[31m\": 1", 1, "There is no key \\u001b[31m;")]
    [InlineData("? {Beme7, {}, 'a: b", 1, "this is no YAML")]
    [InlineData("- 1", 1, "a recipe is one list of keys with their values, as 'seed: 0'; this is something else.")]
    // What does not go together.
    [InlineData("\nviews: {small: 6}", 2, "views.small: SmallViews = 6 needs a preset that says how small views are drawn")]
    [InlineData(
        "data: {format: cifar-10}\nviews: {preset: coke-multi, large-size: 32}",
        2,
        "views.small, which is not given: SmallViews = 6 needs a backbone that takes images of any size"
    )]
    [InlineData("encoder: {stem: cifar}", 1, "encoder.stem: Stem = Cifar belongs to a ResNet")]
    [InlineData(
        "clustering: {labels: current, stage-two-after-epoch: 5}",
        1,
        "clustering.stage-two-after-epoch: 5 averages labels and centers of committed epochs"
    )]
    [InlineData(
        "clustering:\n  center-schedule: epoch\n  centers: current",
        3,
        "clustering.centers: current needs clustering.center-schedule batch"
    )]
    [InlineData("clustering: {stage-two-after-epoch: 48}", 1, "clustering.stage-two-after-epoch: 48 never begins: there are 48 epochs")]
    [InlineData("schedule: {epochs: 2, warm-up-epochs: 2}", 1, "schedule.warm-up-epochs: 2 leaves nothing of 2 epochs")]
    [InlineData("evaluation: {classes: coarse}", 1, "evaluation.classes: coarse needs data.format cifar-100")]
    [InlineData("clustering: {minimum-size-ratio: 1, margin: 0.1}", 1, "clustering.margin: ")]
    public void Read_WhatCannotBeRun_IsRefusedByFileLineAndKey(string text, int line, string problem)
    {
        Write("mine.yaml", text);

        var refused = Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File));

        Assert.StartsWith(problem.Contains("not given") ? $"mine: {problem}" : $"{File}:{line}: {problem}", refused.Message);
    }

    [Fact]
    public void Read_NoYaml_NamesTheLine()
    {
        Write("mine.yaml", "seed: 1\nheads: [10");

        Assert.Contains("mine.yaml:", Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message);
    }

    [Fact]
    public void Read_AKeyTwice_IsRefused()
    {
        Write("mine.yaml", "seed: 1\nseed: 2");

        Assert.StartsWith($"{File}:2: this is no YAML", Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message);
    }

    [Theory]
    [InlineData("schedule.epochs: 3\nschedule: {epochs: 5}", 2, "schedule.epochs is given twice: leave one of them out.")]
    [InlineData("schedule: {epochs: 5}\nschedule.epochs: 5", 2, "schedule.epochs is given twice: leave one of them out.")]
    public void Read_AKeyTwiceInDifferentSpellings_IsRefused(string text, int line, string problem)
    {
        Write("mine.yaml", text);

        Assert.Equal($"{File}:{line}: {problem}", Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message);
    }

    [Fact]
    public void Read_ImagesOfANamedFolderOfAnyFormat_AreNotTakenForTheBundledOnes()
    {
        Write("mine.yaml", "data: {folder: photographs}\nviews: {preset: coke-single}\nencoder: {backbone: resnet-18, stem: imagenet}");

        Assert.Equal("photographs", RecipeReader.Read(File).Folder);
        Assert.Equal(
            "encoder.stem",
            Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File, values => RecipeText.Set("data.folder=", values))).Field
        );
    }

    [Theory]
    [InlineData("fashion-mnist")]
    [InlineData("fashion-mnist.yaml")]
    public void Read_OnTheNameOfABundledRecipe_TakesItsValues(string named)
    {
        Write("mine.yaml", $"base: {named}\nheads: [5, 7]");
        Directory.CreateDirectory(_folder.File(named)); // a folder of images may have the name

        var (mine, bundled) = (RecipeReader.Read(File), RecipeReader.Read("fashion-mnist"));

        Assert.Equal([5, 7], mine.Recipe.Heads);
        Assert.Equal(bundled.Recipe.Views, mine.Recipe.Views);
        Assert.Equal(bundled.Given.Keys.Where(IsTaken).Append("heads").Distinct().Order(), mine.Given.Keys.Order());

        static bool IsTaken(string key) => !key.StartsWith("about.", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("digits")]
    [InlineData("digits.yaml")]
    public void Read_OnAFileBesideIt_PassesOverTheBundledRecipeOfThatName(string named)
    {
        Write(named, "seed: 4711");
        Write("mine.yaml", $"base: {named}");

        Assert.Equal(["seed"], RecipeReader.Read(File).Given.Keys);
    }

    [Fact]
    public void Read_OnBases_TakesTheLastValueAndNullTakesItAway()
    {
        Write("far.yaml", "about: {what: far}\nseed: 1\nviews: {rotation: 5, flip: true}\nschedule: {epochs: 3, batch-size: 50}");
        Write("near.yaml", "base: far.yaml\nschedule: {epochs: 4}");
        Write("mine.yaml", "base: near.yaml\nviews: {rotation: null}\nabout: {source: me}");

        var recipe = RecipeReader.Read(File, values => RecipeText.Set("heads=[5, 7]", values));

        Assert.Equal(
            (1, 4, 50, null, true, "", "me"),
            (
                recipe.Seed,
                recipe.Recipe.Schedule.Epochs,
                recipe.Recipe.Schedule.BatchSize,
                recipe.Recipe.Views.Rotation,
                recipe.Recipe.Views.Flip,
                recipe.What,
                recipe.Source
            )
        );
        Assert.Equal([5, 7], recipe.Recipe.Heads.AsEnumerable());
    }

    [Fact]
    public void Read_AnErrorOfABase_NamesTheBase()
    {
        Write("far.yaml", "seed: -1");
        Write("mine.yaml", "base: far.yaml");

        Assert.StartsWith(
            $"{_folder.File("far.yaml")}:1: seed is -1;",
            Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message
        );
    }

    [Theory]
    [InlineData("base: mine.yaml", "is based on itself")]
    [InlineData("base: nowhere.yaml", "nowhere.yaml cannot be read")]
    [InlineData("base: \"a\\0b\"", "cannot be read")]
    public void Read_ABaseThatIsNone_NamesTheLine(string text, string problem)
    {
        Write("mine.yaml", text);

        var message = Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File)).Message;
        Assert.StartsWith($"{File}:1: ", message);
        Assert.Contains(problem, message);
    }

    [Theory]
    [InlineData("schedule.epochs", "--set schedule.epochs: write a key, = and a value")]
    [InlineData("schedule=3", "--set schedule=3: schedule is a section: name one of its keys, as schedule.epochs.")]
    [InlineData("schedule.epoch=3", "--set schedule.epoch=3: There is no key schedule.epoch; the nearest is schedule.epochs.")]
    [InlineData("schedule.epochs=3x", "--set schedule.epochs=3x: schedule.epochs is 3x; it takes a whole number of at least 1.")]
    [InlineData("views.small=2", "--set views.small=2: views.small: SmallViews = 2 needs a preset")]
    public void Set_WhatCannotBeRun_IsRefusedByTheOption(string assignment, string problem)
    {
        Write("mine.yaml", "seed: 1");

        Assert.StartsWith(
            problem,
            Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read(File, values => RecipeText.Set(assignment, values))).Message
        );
    }

    [Fact]
    public void Read_NoSuchFile_SaysWhereNamesAre() =>
        Assert.Contains(
            "coke-train recipes lists",
            Assert.ThrowsAny<CokeException>(() => RecipeReader.Read(_folder.File("nothing.yaml"))).Message
        );

    [Fact]
    public void Read_AnEmptyName_IsRefused() =>
        Assert.Contains("cannot be read", Assert.Throws<RecipeRefusedException>(() => RecipeReader.Read("")).Message);

    void Write(string name, string text) => System.IO.File.WriteAllText(_folder.File(name), text);
}
