using System.CommandLine.Parsing;
using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>Training by recipe, from the command line to what is left in the folder.</summary>
public sealed class TrainRunTests : IDisposable
{
    const int PerClass = 30;

    readonly SmallDemo _demo = new(); // its output, and how it is run
    readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    string Recipe => _tree.File("small.yaml");

    [Fact]
    public async Task Run_ImageFoldersWithUnreadableFiles_TrainsOnTheRest()
    {
        WriteTree();
        _tree.Write("images/train/b/17.png", [1, 2, 3]);
        _tree.Write("images/train/c/3.png", ImageTree.Png(20, 24, 1)[..40]);

        var summary = await _demo.RunAsync(Read($"{Recipe} --out {_demo.Out}"));

        Assert.Equal(2, summary.Unreadable.Count);
        Assert.Contains("b/17.png", summary.Unreadable[0]);
        Assert.Contains("2 files cannot be read and are left out", _demo.Output.ToString());
        Assert.Equal((3 * PerClass, 9), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.Equal(2, summary.LossTrace.Count);
        Assert.All(summary.LossTrace, loss => Assert.True(double.IsFinite(loss)));
        Assert.All(_demo.Rows, rows => Assert.Equal(3 * PerClass - 2, rows)); // of every epoch
        Assert.NotNull(summary.Acc);
        Assert.Equal(3, File.ReadAllText(RunFolder.ReportOf(_demo.Out)).Split("data:image/png").Length - 1);

        var again = Read($"{RunFolder.RecipeOf(_demo.Out)} --out {_demo.Out}2");
        Assert.Equal(SmallDemo.Result(summary), SmallDemo.Result(await _demo.RunAsync(again)));
        // Going on by the recipe that the run wrote contradicts nothing.
        Assert.Equal(RunStart.Resumed, Read($"{RunFolder.RecipeOf(_demo.Out)} --out {_demo.Out} --continue").Start);
    }

    [Fact]
    public async Task Resume_ImageFoldersKilledInAnEpoch_EndsTheSame()
    {
        WriteTree();
        _tree.Write("images/train/b/17.png", [1, 2, 3]);
        var whole = SmallDemo.Result(await _demo.RunAsync(Read($"{Recipe} --out {_demo.Out}")));
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read($"{Recipe} --out {_demo.Out} --force"),
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done == 5)
                            throw new Killed();
                    },
                }
            )
        );

        Assert.Equal(whole, SmallDemo.Result(await _demo.RunAsync(Read($"--resume {_demo.Out}"))));
    }

    [Fact]
    public async Task Run_ImageFolderWithoutClasses_HasNoScores()
    {
        for (var i = 0; i < 40; i++)
            _tree.Write($"images/{i:00}.png", ImageTree.Png(20, 24, i));
        WriteRecipe();

        var summary = await _demo.RunAsync(Read($"{Recipe} --out {_demo.Out} --images 30 --set evaluation.train-images=10"));

        Assert.Equal((null, null, 30, 0), (summary.Acc, summary.Probe, summary.Options.TrainImages, summary.Options.TestImages));
    }

    [Fact]
    public async Task Run_DataOfAnotherKind_IsRefusedBeforeAnythingIsThere()
    {
        WriteTree();

        var refused = await Assert.ThrowsAsync<InvalidFileException>(() =>
            _demo.RunAsync(Read($"cifar-10 --data {_tree.File("images")} --out {_demo.Out} --device cpu"))
        );

        Assert.Contains("holds folders of images, and the recipe is for binaries of CIFAR-10", refused.Message);
        Assert.False(Directory.Exists(_demo.Out));
    }

    [Fact]
    public async Task Run_WhatTheImagesDoNotAllow_NamesTheLine()
    {
        WriteTree();

        var refused = await Assert.ThrowsAsync<RecipeRefusedException>(() =>
            _demo.RunAsync(Read($"{Recipe} --out {_demo.Out} --set heads=3,200"))
        );

        Assert.StartsWith("--set heads=3,200: heads: ", refused.Message);
        Assert.False(Directory.Exists(_demo.Out));
    }

    [Theory]
    [InlineData("--set schedule.epochs=3", "schedule.epochs 3 contradicts the run, which was begun with 2:")]
    [InlineData("--seed 4", "--seed 4 contradicts the run, which was begun with 3:")]
    public async Task Continue_AnotherRecipe_IsRefusedByKey(string change, string problem)
    {
        WriteTree();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(Read($"{Recipe} --out {_demo.Out} --seed 3"), new Strike { Saved = _ => throw new Killed() })
        );

        Assert.StartsWith(
            problem,
            Assert
                .Throws<ResumeRefusedException>(() =>
                    Read($"{Recipe} --out {_demo.Out} --continue --seed 3 {change}".Replace("--seed 3 --seed", "--seed"))
                )
                .Message
        );
        Assert.Equal(RunStart.Resumed, Read($"{Recipe} --out {_demo.Out} --continue --seed 3").Start);
        Assert.Equal("set", Assert.Throws<ResumeRefusedException>(() => Read($"--resume {_demo.Out} --set seed=4")).Field);
    }

    [Fact]
    public void Read_WithoutRecipe_SaysSo() =>
        Assert.Equal("recipe", Assert.Throws<InvalidOptionsException>(() => Read($"--out {_demo.Out}")).Field);

    [Fact]
    public void Read_OptionsOfTheLine_AreKeysOfTheRecipe()
    {
        WriteRecipe();

        var options = Read($"{Recipe} --data elsewhere --seed 9 --images 50 --threads 2 --set loss.temperature=0.2 --set heads=[4,5]");

        Assert.Equal(
            ("elsewhere", 9, 50, 2, 0.2, "small"),
            (options.Data, options.Seed, options.Images, options.Threads, options.Recipe.Loss.Temperature, options.RunName)
        );
        Assert.Equal([4, 5], options.Recipe.Heads.AsEnumerable());
    }

    [Theory]
    [InlineData("実験", @"\Arecipe-[0-9a-f]{6}\z")]
    [InlineData("my recipe", @"\Amy-recipe\z")]
    [InlineData("-x", @"\Ax\z")]
    public void Read_RecipeOfAnyName_GivesARunThatCanBeNamed(string stem, string name)
    {
        WriteRecipe();
        var path = Path.Combine(Path.GetDirectoryName(Recipe)!, stem + ".yaml");
        File.Copy(Recipe, path);

        Assert.Matches(name, TrainLine.Read([path]).RunName);
    }

    static RunOptions Read(string line) => TrainLine.Read([.. CommandLineParser.SplitCommandLine(line)]);

    void WriteTree()
    {
        foreach (var (number, name) in ((string[])["a", "b", "c"]).Index())
            for (var i = 0; i < PerClass; i++)
            {
                _tree.Write($"images/train/{name}/{i}.png", ImageTree.Png(18 + i % 5, 24, 10 * number + i % 3));
                if (i < 3)
                    _tree.Write($"images/val/{name}/{i}.png", ImageTree.Png(20, 24, 10 * number + i));
            }
        WriteRecipe();
    }

    void WriteRecipe() =>
        _tree.Write(
            "small.yaml",
            System.Text.Encoding.UTF8.GetBytes(
                $"""
                about: {"{"}what: small, source: a test{"}"}
                data: {"{"}format: folders, folder: {_tree.File("images")}{"}"}
                views: {"{"}preset: small-color, large-size: 16{"}"}
                encoder: {"{"}backbone: small-net, width: 4, hidden-size: 16, dimension: 8{"}"}
                heads: [3]
                schedule: {"{"}epochs: 2, batch-size: 30{"}"}
                """
            )
        );
}
