using System.Diagnostics;
using System.Text.Json;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using Spectre.Console;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>The program itself, killed as the system kills: nothing is flushed, nothing is said.</summary>
public sealed class ProcessTests : IDisposable
{
    /// <summary>As many as make an epoch longer than a kill takes to arrive on a busy machine.</summary>
    const int Images = 2000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_KilledTwiceAndResumed_EqualsTheRunThatWasNot()
    {
        var killed = _folder.File("killed");
        // In the middle of epoch 1.
        using (
            var demo = DemoCommandLine.Start(
                "--images",
                $"{Images}",
                "--epochs",
                "3",
                "--heads",
                "10",
                "20",
                "--seed",
                "6",
                "--out",
                killed
            )
        )
        {
            while (await demo.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("scan")) { }
            await KillAsync(demo);
        }

        // At the end of epoch 2: between its save and the commit of its boundary, or shortly after.
        using (var watcher = new FileSystemWatcher(RunFolder.StateOf(killed)))
        {
            var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            void Look(object _, FileSystemEventArgs file)
            {
                if (file.Name == "epoch-2.save")
                    saved.TrySetResult();
            }
            // A file that gets its name is told as renamed, or as created where the two halves of that news are read apart.
            watcher.Renamed += Look;
            watcher.Created += Look;
            watcher.EnableRaisingEvents = true;
            using var demo = DemoCommandLine.Start("--resume", killed);
            await await Task.WhenAny(saved.Task, demo.WaitForExitAsync());
            await KillAsync(demo);
        }

        Assert.False(File.Exists(RunFolder.SummaryOf(killed)));
        using (var demo = DemoCommandLine.Start("--resume", killed))
        {
            var output = await demo.StandardOutput.ReadToEndAsync();
            await demo.WaitForExitAsync();
            Assert.True(demo.ExitCode == 0, output + await demo.StandardError.ReadToEndAsync());
            Assert.Matches("Goes on after epoch [12]\\.", output);
        }

        Assert.Equal(await UninterruptedAsync(), Result(killed));
    }

    [Fact]
    public async Task Demo_ResumeOfAFinishedRun_SaysSo()
    {
        var finished = _folder.File("finished");
        Directory.CreateDirectory(RunFolder.StateOf(finished));
        foreach (var file in (string[])[RunFolder.ReportOf(finished), RunFolder.SummaryOf(finished)])
            File.WriteAllText(file, "");
        using (var run = RunFolder.Take(finished))
            run.Write(
                new RunRecord(
                    RunRecord.CurrentFormat,
                    null,
                    "",
                    0,
                    null,
                    1,
                    "cpu",
                    RecipeDefaults.Recipe,
                    Versions.Present,
                    "run",
                    Finished: true
                )
            );

        using var demo = DemoCommandLine.Start("--resume", finished);
        var output = await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync();

        Assert.Equal(
            (0, $"The run in {finished} is finished, there is nothing to go on with. Report: {RunFolder.ReportOf(finished)}\n"),
            (demo.ExitCode, output)
        );
    }

    /// <summary>The same run in this process.</summary>
    async Task<string> UninterruptedAsync()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        var options = new RunOptions(
            Data: null,
            Seed: 6,
            _folder.File("whole"),
            Images,
            Threads: 1,
            Device: "cpu",
            RecipeDefaults.Recipe with
            {
                Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = 3 },
                Heads = [10, 20],
            }
        );
        await new TrainingRun(options, new RunScreen(console, live: false)).RunAsync(CancellationToken.None);
        return Result(options.Out);
    }

    static string Result(string run)
    {
        var summary = JsonDocument.Parse(File.ReadAllText(RunFolder.SummaryOf(run))).RootElement;
        return string.Join(
            '\n',
            ((string[])["loss_trace", "label_hashes", "heads", "acc", "nmi", "ari", "probe", "knn"]).Select(name =>
                $"{name} {summary.GetProperty(name).GetRawText()}"
            )
        );
    }

    static async Task KillAsync(Process demo)
    {
        demo.Kill(); // SIGKILL
        await demo.WaitForExitAsync();
        Assert.Equal(128 + 9, demo.ExitCode);
    }
}
