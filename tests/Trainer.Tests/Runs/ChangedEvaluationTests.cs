using System.Text.Json;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>What is only evaluated may change before a run goes on; what is learned from may not.</summary>
public sealed class ChangedEvaluationTests : EvaluationGapRuns
{
    [Theory]
    [InlineData("some-empty", "whole")]
    [InlineData("whole", "flat")]
    [InlineData("flat", "gone")]
    [InlineData("whole", "all-empty")]
    public async Task Resume_ValThatChanged_EndsWithTheSameLosses(string before, string after)
    {
        WriteTraining();
        WriteVal(before);
        var line = $"{WriteRecipe()} --out {_demo.Out}";
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
        Directory.Delete(_tree.File("images/val"), recursive: true);
        WriteVal(after);

        var summary = await _demo.RunAsync(Read($"--resume {_demo.Out}"));

        Assert.Equal(whole.LossTrace, summary.LossTrace);
        Assert.Equal(whole.LabelHashes, summary.LabelHashes);
        Assert.Equal(after is "whole", summary.Acc is not null);
    }

    [Theory]
    [InlineData("no-labels")]
    [InlineData("truncated-test")]
    public async Task Resume_IdxClassesThatChanged_EndsWithTheSameLosses(string fault)
    {
        var whole = await _demo.RunAsync();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                RunStart.Forced,
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
        Spoil(_demo.Options().Data!, fault);

        var summary = await _demo.RunAsync(RunStart.Resumed);

        Assert.Equal(whole.LossTrace.ToArray(), summary.LossTrace.ToArray());
    }

    [Fact]
    public async Task Resume_TrainingImagesThatChanged_IsStillRefused()
    {
        WriteTraining();
        var line = $"{WriteRecipe()} --out {_demo.Out}";
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(line),
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
        _tree.Write("images/train/a/new.png", ImageTree.Png(20, 24, 5));

        Assert.Equal("data", (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read($"--resume {_demo.Out}")))).Field);
    }

    [Fact]
    public async Task Resume_RunOfAnOlderProgram_SaysWhatToDo()
    {
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                strike: new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        var record = Path.Combine(RunFolder.StateOf(_demo.Out), "run.json");
        var fingerprint = JsonDocument.Parse(File.ReadAllText(record)).RootElement.GetProperty("fingerprint").GetString()!;
        File.WriteAllText(record, File.ReadAllText(record).Replace(fingerprint, new string('a', 64)));

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(RunStart.Resumed));

        Assert.Contains("was begun by an older version of this program", refused.Message);
        Assert.Contains("--force", refused.Message);
        Assert.Equal(3, (await _demo.RunAsync(RunStart.Forced)).LossTrace.Count); // the remedy
    }
}
