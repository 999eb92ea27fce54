using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Alarms;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Runs that go wrong say so when they do, and to whoever looks later; those that go well say nothing.</summary>
public sealed class AlarmTests : IDisposable
{
    readonly SmallDemo _demo = new();
    readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _demo.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Run_TemperatureThatTellsNothingApart_SaysSoEverywhereAndTheRemedyCures()
    {
        var summary = await _demo.RunAsync(Hot());

        var alarm = Assert.Single(summary.Alarms, alarm => alarm.Kind == AlarmKind.LossAtChance);
        Assert.Equal((AlarmSeverity.Failure, 0, 4, true), (alarm.Severity, alarm.Head, alarm.Epoch, alarm.Stands));
        Assert.Equal(Math.Log(10), alarm.Bound, 1e-9);

        // When it arises, after that epoch's line, and once more in the end.
        var lines = _demo.Output.ToString().Split('\n').ToList();
        var first = lines.FindIndex(line => line.Contains("Alarm: Head 0: the loss is"));
        int LineOf(int epoch) => lines.FindIndex(line => line.StartsWith($"epoch   {epoch}/", StringComparison.Ordinal));
        Assert.InRange(first, LineOf(4), LineOf(5));
        Assert.Contains(lines.Skip(first + 1), line => line.Contains("Alarm: Head 0: the loss is"));
        Assert.Contains(lines, line => line.Contains("One alarm stands"));

        var json = JsonDocument
            .Parse(File.ReadAllText(RunFolder.SummaryOf(_demo.Out)))
            .RootElement.GetProperty("alarms")
            .EnumerateArray()
            .Single(one => one.GetProperty("kind").GetString() == "loss-at-chance");
        Assert.Equal(
            (0, 4, 5, "failure", alarm.Sentence, alarm.Remedy),
            (
                json.GetProperty("head").GetInt32(),
                json.GetProperty("epoch").GetInt32(),
                json.GetProperty("last_epoch").GetInt32(),
                json.GetProperty("severity").GetString(),
                json.GetProperty("sentence").GetString(),
                json.GetProperty("remedy").GetString()
            )
        );
        Assert.Contains("<strong>Alarm:</strong> Head 0: the loss is", File.ReadAllText(RunFolder.ReportOf(_demo.Out)));

        var cured = await _demo.RunAsync(Told(alarm.Remedy));
        Assert.Equal(0.1, cured.Options.Recipe.Loss.Temperature);
        Assert.DoesNotContain(cured.Alarms, one => one.Kind == AlarmKind.LossAtChance);
    }

    [Fact]
    public async Task Resume_OfARunWithAlarms_EndsWithThoseOfOneThatWasNeverStopped()
    {
        var whole = await _demo.RunAsync(Hot());
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Hot(),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 5)
                            throw new Killed();
                    },
                }
            )
        );
        _demo.Output.GetStringBuilder().Clear();

        var resumed = await _demo.RunAsync(Hot() with { Start = RunStart.Resumed });

        Assert.Equal(whole.Alarms, resumed.Alarms);
        Assert.Contains("Alarm: Head 0: the loss is", _demo.Output.ToString().Split("epoch   5/")[0]); // to whoever goes on
    }

    [Fact]
    public async Task Run_ThatGoesWell_RaisesNone()
    {
        // Sixty mini-batches and more: their duals can follow. Steps so small that the loss is far below chance when it is judged, however
        // sums round.
        var options = _demo.Options();
        var recipe = options.Recipe with
        {
            Schedule = options.Recipe.Schedule with { Epochs = 8, BatchSize = 16, LearningRate = 0.002 },
            Heads = [4, 8],
            Clustering = options.Recipe.Clustering with { MinimumSizeRatio = 0.5 },
        };
        var summary = await _demo.RunAsync(options with { Recipe = recipe });

        Assert.Empty(summary.Alarms);
        Assert.DoesNotContain("Alarm", _demo.Output.ToString());
        Assert.DoesNotContain("<strong>Alarm:", File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
    }

    [Fact]
    public async Task Run_OfOneEpoch_DoesNotCry()
    {
        var options = _demo.Options();
        Assert.Empty(
            (
                await _demo.RunAsync(
                    options with
                    {
                        Recipe = options.Recipe with { Schedule = options.Recipe.Schedule with { Epochs = 1, WarmUpEpochs = 0.5 } },
                    }
                )
            ).Alarms
        );
    }

    [Fact]
    public async Task Program_FailOnAlarm_HasAnExitCodeOfItsOwnAlsoAfterwards()
    {
        string[] train =
        [
            "train",
            "fashion-mnist",
            "--images",
            "200",
            "--set",
            "heads=[4]",
            "--set",
            "schedule.epochs=2",
            "--set",
            "schedule.batch-size=50",
            "--set",
            "schedule.warm-up-epochs=0",
            "--set",
            "loss.temperature=50",
            "--set",
            "alarms.after-epoch=0",
            "--out",
            _demo.Out,
        ];
        var (exit, output, error) = await DemoCommandLine.RunProgramAsync([.. train, "--fail-on-alarm"]);
        Assert.True(exit == ExitCode.AlarmStands, $"{exit} {error}");
        Assert.Contains("Alarm: Head 0: the loss is", output);
        Assert.True(File.Exists(RunFolder.ReportOf(_demo.Out)));

        Assert.Equal(ExitCode.AlarmStands, (await DemoCommandLine.RunProgramAsync("train", "--resume", _demo.Out, "--fail-on-alarm")).Exit);
        Assert.Equal(ExitCode.Done, (await DemoCommandLine.RunProgramAsync("train", "--resume", _demo.Out)).Exit);
    }

    RunOptions Hot()
    {
        var options = _demo.Options();
        return options with
        {
            Recipe = options.Recipe with
            {
                Schedule = options.Recipe.Schedule with { Epochs = 5 },
                Loss = options.Recipe.Loss with { Temperature = 50 },
            },
        };
    }

    /// <summary>What the command of a remedy asks for.</summary>
    internal static RunOptions Told(string remedy) =>
        TrainLine.Read(Regex.Match(remedy, "'coke-train train ([^']*)'").Groups[1].Value.Split(' '));
}
