using CoKe.Errors;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Results of the trainer that cannot be written: known before the work where it can be, and lost in no case.</summary>
public sealed class RunOutputsTests : IDisposable
{
    readonly SmallDemo _demo = new();
    readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _demo.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("report.html")]
    [InlineData("summary.json")]
    [InlineData("recipe.yaml")]
    [InlineData("labels.csv")]
    [InlineData("events.out.tfevents.coke")]
    public async Task Run_PlaceOfAnyResultThatIsAFolder_IsRefusedByNameBeforeTheWork(string name)
    {
        Directory.CreateDirectory(Path.Combine(_demo.Out, name));

        var refused = await Assert.ThrowsAsync<InvalidFileException>(() => _demo.RunAsync(WithLabels()));

        Assert.Equal($"{Path.Combine(_demo.Out, name)} is a folder: name a file.", refused.Message);
        Assert.Null(RunFolder.Find(_demo.Out));
        Assert.Equal(((string[])[name, "state"]).Order(), Directory.EnumerateFileSystemEntries(_demo.Out).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Run_OverAFinishedRunInAPlaceThatTakesNothing_LeavesThatRunWhole()
    {
        await _demo.RunAsync();
        File.Delete(RunFolder.RecipeOf(_demo.Out));
        Directory.CreateDirectory(RunFolder.RecipeOf(_demo.Out));

        await Assert.ThrowsAsync<InvalidFileException>(() => _demo.RunAsync(RunStart.Forced));

        Assert.True(RunFolder.IsComplete(_demo.Out, RunFolder.Find(_demo.Out)!));
    }

    [Theory]
    [InlineData("summary.json", "report.html")]
    [InlineData("report.html", "labels.csv")]
    [InlineData("labels.csv", "summary.json")]
    public async Task Run_ResultThatCannotBeWrittenInTheEnd_WritesTheOthersAndSaysWhereItIs(string lost, string other)
    {
        var path = Path.Combine(_demo.Out, lost);
        var failed = await Assert.ThrowsAsync<InvalidFileException>(() =>
            _demo.RunAsync(
                WithLabels(),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == SmallDemo.Epochs)
                            Directory.CreateDirectory(path);
                    },
                }
            )
        );

        Assert.StartsWith($"{path} is a folder: name a file; the finished result is in ", failed.Message);
        Assert.EndsWith(
            $": move it from there. Or free its place, and --resume {_demo.Out} makes it again without training.",
            failed.Message
        );
        var rescued = failed.Message.Split("the finished result is in ")[1].Split(": move it")[0];
        Assert.NotEmpty(File.ReadAllText(rescued));
        File.Delete(rescued);
        Assert.True(File.Exists(Path.Combine(_demo.Out, other)));

        Directory.Delete(path);
        await _demo.RunAsync(WithLabels() with { Start = RunStart.Resumed });
        Assert.True(RunFolder.IsComplete(_demo.Out, RunFolder.Find(_demo.Out)!));
        Assert.NotEmpty(File.ReadAllText(path));
    }

    [Fact]
    public async Task Program_ResultsInPlacesThatTakeNone_AreRefusedBeforeTheWork()
    {
        await _demo.RunAsync();
        foreach (
            var (line, path) in ((string[], string)[])
                [
                    (["augmentations", "--out", "/sys/v.png"], "/sys/v.png"),
                    (["augmentations", "--out", _folder.File("none/v.png")], _folder.File("none/v.png")),
                    (["augmentations", "--out", $"/tmp/{new string('v', 300)}.png"], $"/tmp/{new string('v', 300)}.png"),
                    (["weights", _demo.Out, "--to", "/sys/w.safetensors"], "/sys/w.safetensors"),
                    (["weights", _demo.Out, "--to", _folder.Path], _folder.Path),
                ]
        )
        {
            var (exit, output, error) = await DemoCommandLine.RunProgramAsync(line);
            Assert.Equal((ExitCode.Refused, ""), (exit, output));
            Assert.StartsWith($"{path} ", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
            Assert.DoesNotContain("coke-result", error);
        }
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("augmentations")]
    public async Task Program_DiskFullInTheEnd_SaysWhereTheResultIs(string command)
    {
        await _demo.RunAsync();
        // A link whose name ends as it must.
        File.CreateSymbolicLink(_folder.File("full.png"), "/dev/full");
        string[] line =
            command == "weights" ? ["weights", _demo.Out, "--to", "/dev/full"] : ["augmentations", "--out", _folder.File("full.png")];

        var (exit, _, error) = await DemoCommandLine.RunProgramAsync(line);

        Assert.Equal(ExitCode.Refused, exit);
        var said = error.Trim();
        Assert.Contains("cannot be written: No space left on device; the finished result is in ", said);
        var rescued = said.Split("the finished result is in ")[1].Split(": move it")[0];
        Assert.True(new FileInfo(rescued).Length > 1000);
        File.Delete(rescued);
    }

    RunOptions WithLabels()
    {
        var options = _demo.Options();
        return options with { Recipe = options.Recipe with { Report = new() { WritesLabels = true } } };
    }
}
