using System.CommandLine.Parsing;
using System.Text.Json;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>What a folder holds, and what became of it, is said before the first epoch, in the report and in summary.json.</summary>
public sealed class FoundTests : IDisposable
{
    const string Small =
        "--set encoder.width=4 --set encoder.hidden-size=16 --set encoder.dimension=8 --set heads=[3] --set schedule.epochs=1 --set "
        + "schedule.warm-up-epochs=0 --set schedule.batch-size=30";

    readonly SmallDemo _demo = new();
    readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public async Task Run_AFolderOfImagesAndOtherThings_SaysWhatWasReadAndLeftOut()
    {
        for (var i = 0; i < 60; i++)
            _tree.Write($"images/{(char)('a' + i % 3)}/{i:00}.png", ImageTree.Png(20, 24, i));
        for (var i = 0; i < 40; i++)
            _tree.Write($"images/a/{i:00}.tif", [1]);
        _tree.Folder("images/empty");
        _tree.Write("images/loose.png", ImageTree.Png(20, 24, 1));

        await _demo.RunAsync(
            TrainLine.Read([
                .. CommandLineParser.SplitCommandLine(
                    $"fashion-mnist --data {_tree.File("images")} --images 50 --set views.large-size=16 {Small} --out {_demo.Out}"
                ),
            ])
        );

        AssertSaid("training images", 60, "a 20, b 20, c 20, empty 0");
        AssertSaid("left out: more images than asked for", 10, "--images 50");
        AssertSaid("left out: images of kinds that are not read", 40, ".tif 40");
        AssertSaid("left out: classes without images", 1, "empty");
        AssertSaid("left out: images beside the folders", 1, "loose.png");
    }

    [Fact]
    public async Task Run_IdxFilesAndOtherThings_SaysWhatWasReadAndLeftOut()
    {
        var data = _demo.Options().Data!;
        File.WriteAllBytes(Path.Combine(data, "extra-images-idx3-ubyte"), IdxFiles.Idx([2, 28, 28], 2 * 784));
        File.WriteAllText(Path.Combine(data, "notes.txt"), "");

        await _demo.RunAsync(
            TrainLine.Read([.. CommandLineParser.SplitCommandLine($"fashion-mnist --data {data} {Small} --out {_demo.Out}")])
        );

        AssertSaid("training images", 340, "train-images-idx3-ubyte");
        AssertSaid("test images", 60, "test-images-idx3-ubyte");
        AssertSaid("left out: other files and folders", 2, "extra-images-idx3-ubyte, notes.txt");
    }

    [Fact]
    public async Task Run_NamesThatSteerATerminal_AreShownOnScreenAndInTheReport()
    {
        const string Name = "a\u001b[31m\nWarning: all is lost\u202e",
            Shown = "a\\u001b[31m\\nWarning: all is lost\\u202e";
        for (var i = 0; i < 40; i++)
            _tree.Write($"{Name}/{(i % 2 == 0 ? Name : "b")}/{i:00}.png", ImageTree.Png(20, 24, i));
        _tree.Write($"{Name}/b/{Name}.png", [1]);

        await _demo.RunAsync(
            TrainLine.Read([
                .. CommandLineParser.SplitCommandLine($"fashion-mnist --set views.large-size=16 {Small} --out {_demo.Out}"),
                "--data",
                _tree.File(Name),
            ])
        );

        var (screen, report) = (_demo.Output.ToString(), File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.DoesNotContain("\u001b[31m", screen); // the screen's own color of warnings is another
        Assert.DoesNotContain('\u202e', screen);
        Assert.DoesNotContain(screen.Split('\n'), line => line.StartsWith("Warning: all is lost", StringComparison.Ordinal));
        Assert.Contains($"CoKe on {Shown}", screen.ReplaceLineEndings(""));
        Assert.DoesNotContain(report, one => one is '\u001b' or '\u202e');
        Assert.Contains(Shown, report);
    }

    void AssertSaid(string what, long count, string which)
    {
        var summary = JsonDocument.Parse(File.ReadAllText(RunFolder.SummaryOf(_demo.Out))).RootElement;
        var line = Assert.Single(summary.GetProperty("found").EnumerateArray(), line => line.GetProperty("what").GetString() == what);
        Assert.Equal(count, line.GetProperty("count").GetInt64());
        Assert.Contains(which, line.GetProperty("which").GetString());
        Assert.Contains(what, File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        var output = _demo.Output.ToString();
        // Before anything is learned.
        Assert.InRange(output.IndexOf(what, StringComparison.Ordinal), 0, output.IndexOf("scan  ", StringComparison.Ordinal));
    }
}
