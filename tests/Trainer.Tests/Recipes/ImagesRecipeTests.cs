using System.CommandLine.Parsing;
using CoKe.Learning.Data;
using CoKe.Learning.Images;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>The recipe for any folder of images: what it leaves open follows from them, and every image gets its labels.</summary>
public sealed class ImagesRecipeTests : IDisposable
{
    const string Short =
        "--set schedule.epochs=1 --set schedule.warm-up-epochs=0 --set encoder.width=4 --set encoder.hidden-size=16 --set "
        + "encoder.dimension=8";

    readonly SmallDemo _demo = new(); // its output, and how it is run
    readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public async Task Run_FoldersOfClasses_HoldsOutAFifthAndLabelsEveryImage()
    {
        Write(300, i => $"images/{(char)('a' + i % 3)}/{i:000}.png", 40);

        var summary = await _demo.RunAsync(Read($"images --data {_tree.File("images")} --out {_demo.Out} {Short}"));

        Assert.Equal((240, 60), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.NotNull(summary.Acc);
        var recipe = summary.Options.Recipe;
        Assert.Equal("5 10 20", string.Join(' ', recipe.Heads));
        Assert.Equal(
            (30, 40, 5, false),
            (recipe.Schedule.BatchSize, recipe.Views.LargeViewSize!.Value, recipe.Data.HoldOutEvery!.Value, recipe.Data.FitsImages)
        );
        var rows = Labels();
        Assert.Equal(300 * 3, rows.Length);
        Assert.Equal(300, rows.Select(row => row[0]).Distinct().Count());
        Assert.Contains("b/001.png", rows.Select(row => row[0]));
        Assert.All(rows, row => Assert.InRange(int.Parse(row[2]), 0, recipe.Heads[int.Parse(row[1])] - 1));
        Assert.All(rows, row => Assert.InRange(double.Parse(row[3]), -1, 1));
        Assert.DoesNotContain("CIFAR", _demo.Output.ToString() + File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.Contains("labels.csv", _demo.Output.ToString());

        // What the run decided repeats it.
        var again = await _demo.RunAsync(Read($"{RunFolder.RecipeOf(_demo.Out)} --out {_demo.Out}2"));
        Assert.Equal(SmallDemo.Result(summary), SmallDemo.Result(again));
    }

    [Fact]
    public async Task Run_ImagesWithoutClassesInOtherFormats_LabelsAllOfThem()
    {
        Write(40, i => i % 10 == 0 ? $"images/a, \"{i}\".png" : $"images/{i:00}.jpg", 20);
        _tree.Write("images/99.png", []);

        var summary = await _demo.RunAsync(Read($"images --data {_tree.File("images")} --out {_demo.Out} {Short}"));

        Assert.Equal((41, 0), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.Equal("2 4", string.Join(' ', summary.Options.Recipe.Heads));
        var rows = File.ReadAllLines(RunFolder.LabelsOf(_demo.Out));
        Assert.Equal(1 + 41 * 2, rows.Length);
        Assert.Equal("file,head,label,similarity", rows[0]);
        Assert.Equal(2, rows.Count(row => row.StartsWith("\"a, \"\"20\"\".png\",", StringComparison.Ordinal)));
        Assert.Contains("99.png,0,,", rows); // unreadable: it has no label
    }

    [Fact]
    public async Task Run_ValThatCannotBeEvaluated_HoldsOutAFifthInstead()
    {
        Write(60, i => $"images/train/{(char)('a' + i % 3)}/{i}.png", 20);
        Write(12, i => $"images/val/{i}.png", 20);

        var summary = await _demo.RunAsync(Read($"images --data {_tree.File("images")} --out {_demo.Out} {Short} --set heads=[3]"));

        Assert.Equal((48, 12), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.NotNull(summary.Acc);
        Assert.Contains("val holds 12 images", Assert.Single(summary.NotEvaluated));
    }

    /// <summary>Large images are taken at a part of their size from the first step on, so that one which is too large as a whole is
    /// read.</summary>
    [Fact]
    public async Task Run_LargeImages_AreReadAsFittedFromTheBeginning()
    {
        Write(40, i => $"images/{i:00}.jpg", 300);

        var summary = await _demo.RunAsync(
            Read($"images --data {_tree.File("images")} --out {_demo.Out} {Short} --set data.pixel-limit=40000")
        );

        Assert.Equal(128, summary.Options.Recipe.Data.ShorterSide);
        Assert.Empty(summary.Unreadable);
    }

    [Fact]
    public async Task Run_WhatIsGiven_Stays()
    {
        Write(60, i => $"images/train/{(char)('a' + i % 3)}/{i}.png", 20);
        Write(12, i => $"images/val/{(char)('a' + i % 3)}/{i}.png", 20);

        var summary = await _demo.RunAsync(
            Read(
                $"images --data {_tree.File("images")} --out {_demo.Out} {Short} --set heads=[3] --set schedule.batch-size=20 --set "
                    + "views.large-size=16 --set report.labels=false"
            )
        );

        var recipe = summary.Options.Recipe;
        Assert.Equal(
            ("3", 20, 16, null, 1),
            (
                string.Join(' ', recipe.Heads),
                recipe.Schedule.BatchSize,
                recipe.Views.LargeViewSize!.Value,
                recipe.Data.HoldOutEvery,
                recipe.Schedule.Epochs
            )
        );
        Assert.Equal((60, 12), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.False(File.Exists(RunFolder.LabelsOf(_demo.Out)));
    }

    [Fact]
    public async Task Resume_WithAValThatWasNotThereBefore_LearnsFromTheSameImages()
    {
        Write(60, i => $"images/train/{(char)('a' + i % 3)}/{i}.png", 20);
        var line = $"images --data {_tree.File("images")} --out {_demo.Out} {Short} --set heads=[3]";
        var whole = await _demo.RunAsync(Read(line));
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read($"{line} --force"),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        Write(12, i => $"images/val/{(char)('a' + i % 3)}/{i}.png", 20);

        var summary = await _demo.RunAsync(Read($"--resume {_demo.Out}"));

        Assert.Equal(whole.LossTrace, summary.LossTrace);
        Assert.Equal((48, 12), (summary.Options.TrainImages, summary.Options.TestImages));
        Assert.Equal(RunStart.Resumed, Read($"{line} --continue").Start); // the same command contradicts nothing
    }

    [Theory]
    [InlineData(40, 2, 100, 8)]
    [InlineData(300, 5, 100, 37)]
    [InlineData(9000, 30, 44, 64)]
    [InlineData(1_000_000, 100, 10, 64)]
    public void Fit_OfSoManyImages_IsCutAndClusteredAccordingly(int images, int clusters, int epochs, int batch)
    {
        // The rule asks for their number alone.
        var data = RunImages.OfMemory(new Dataset("many", new ImageSet(new byte[images], 1, 1, 1), null, null, null));

        var recipe = RecipeFit.Of(RecipeDefaults.Recipe with { Data = RecipeDefaults.Recipe.Data with { FitsImages = true } }, data, []);

        Assert.Equal((clusters, epochs, batch), (recipe.Heads[0], recipe.Schedule.Epochs, recipe.Schedule.BatchSize));
    }

    string[][] Labels() => [.. File.ReadAllLines(RunFolder.LabelsOf(_demo.Out)).Skip(1).Select(line => line.Split(','))];

    void Write(int count, Func<int, string> name, int side)
    {
        for (var i = 0; i < count; i++)
            _tree.Write(
                name(i),
                name(i).EndsWith(".png", StringComparison.Ordinal)
                    ? ImageTree.Png(side + i % 3, side, 10 * (i % 3) + i % 5)
                    : ImageTree.Jpeg(side, side + i % 3, i % 7)
            );
    }

    static RunOptions Read(string line) => TrainLine.Read([.. CommandLineParser.SplitCommandLine(line)]);
}
