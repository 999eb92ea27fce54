using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>What must not be replaced, and what cannot be gone on with.</summary>
public sealed class RefusalTests : IDisposable
{
    readonly SmallDemo _demo = new();

    string State => RunFolder.StateOf(_demo.Out);

    public void Dispose() => _demo.Dispose();

    [Fact]
    public async Task Run_WhereAnUnfinishedOneIs_NeedsForce()
    {
        await KillAsync(epoch: 1);
        var saved = File.ReadAllBytes(Path.Combine(State, "epoch-1.save"));

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync());

        Assert.Equal(
            $"{_demo.Out} holds an unfinished run: go on with it by --resume {_demo.Out}, or discard it by --force.",
            refused.Message
        );
        Assert.Equal(saved, File.ReadAllBytes(Path.Combine(State, "epoch-1.save")));
        var forced = await _demo.RunAsync(RunStart.Forced);
        Assert.Equal(3, forced.LossTrace.Count);
    }

    [Fact]
    public async Task Run_WhereAFinishedOneIs_NeedsForceOrAnotherFolder()
    {
        using var strict = new SmallDemo { Replaces = false };
        var first = await strict.RunAsync();
        var report = File.ReadAllText(RunFolder.ReportOf(strict.Out));

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => strict.RunAsync());

        Assert.Equal($"{strict.Out} holds a finished run: give another folder by --out, or replace it by --force.", refused.Message);
        Assert.Equal(report, File.ReadAllText(RunFolder.ReportOf(strict.Out)));
        Assert.Equal(SmallDemo.Result(first), SmallDemo.Result(await strict.RunAsync(strict.Options() with { Out = strict.Out + "2" })));
        Assert.Equal(SmallDemo.Result(first), SmallDemo.Result(await strict.RunAsync(RunStart.Forced)));
    }

    [Fact]
    public async Task Resume_SaveOrDatabaseGoneOrDamaged_IsRefusedByName()
    {
        await KillAsync(epoch: 2); // the boundary of epoch 1 is the last
        var (save, database, record) = (
            Path.Combine(State, "epoch-1.save"),
            Path.Combine(State, "coke.db"),
            Path.Combine(State, "run.json")
        );

        var bytes = File.ReadAllBytes(save);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(save, bytes);
        await AssertRefusedAsync($"The save {save} is damaged");
        File.Delete(save);
        await AssertRefusedAsync($"The clustering stands after epoch 1, whose save {save} is missing");
        File.Delete(database);
        await AssertRefusedAsync($"{database} lacks the run that was begun here");
        File.WriteAllText(record, "{ \"format\": 1 }");
        await AssertRefusedAsync($"{record} cannot be read");
    }

    [Fact]
    public async Task Resume_OtherImages_IsRefused()
    {
        await KillAsync(epoch: 0);

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() =>
            _demo.RunAsync(_demo.Options(RunStart.Resumed) with { Images = 300 })
        );

        Assert.Equal("data", refused.Field);
    }

    [Fact]
    public async Task Run_InAFolderAtWork_IsRefused()
    {
        Task<Summary>? second = null;
        await _demo.RunAsync(strike: new Strike { Saved = epoch => second ??= _demo.RunAsync(RunStart.Forced) });

        Assert.Contains("Another process works on the run", (await Assert.ThrowsAsync<ResumeRefusedException>(() => second!)).Message);
    }

    [Theory]
    [InlineData("--seed", "4", "3")]
    [InlineData("--epochs", "5", "3")]
    [InlineData("--heads", "10 20", "10")]
    [InlineData("--images", "329", "330")]
    [InlineData("--flip", "True", "False")]
    [InlineData("--rotation", "2.5", "0")]
    [InlineData("--threads", "2", "1")]
    [InlineData("--device", "cuda", "cpu")]
    public void Resume_OptionThatContradicts_IsRefusedByName(string option, string value, string run)
    {
        Begin();

        var refused = Assert.Throws<ResumeRefusedException>(() => DemoCommandLine.Read($"--resume {_demo.Out} {option} {value}"));

        Assert.Equal((option, value), (refused.Field, refused.Value));
        Assert.StartsWith($"{option} {value} contradicts the run, which was begun with {run}:", refused.Message);
    }

    [Theory]
    [InlineData("--heads 10,20")]
    [InlineData("--heads 10 20")]
    [InlineData("--heads 10 --heads 20")]
    public void Heads_InEveryForm_AreThoseOfTheLine(string line) =>
        Assert.Equal([10, 20], DemoCommandLine.Read(line).Recipe.Heads.AsEnumerable());

    [Theory]
    [InlineData("0")]
    [InlineData("10,x")]
    public void Heads_ThatAreNone_AreRefused(string heads) =>
        Assert.Contains(
            "is no number of clusters: write for instance --heads 100,200.",
            Assert.Single(DemoCommandLine.Parse($"--heads {heads}").Parse.Errors).Message
        );

    [Fact]
    public void Resume_OptionsLeftOutOrEqual_AreThoseOfTheRun()
    {
        Begin();

        var options = DemoCommandLine.Read($"--resume {_demo.Out} --seed 3 --epochs 3 --heads 10 --out {_demo.Out}/");

        Assert.Equivalent(_demo.Options(RunStart.Resumed) with { Recipe = Begun }, options);
    }

    [Fact]
    public void Resume_WhereNoRunIs_IsRefused()
    {
        Assert.Contains(
            "holds no run to go on with",
            Assert.Throws<ResumeRefusedException>(() => DemoCommandLine.Read($"--resume {_demo.Out}")).Message
        );
        Assert.False(Directory.Exists(_demo.Out));
    }

    [Theory]
    [InlineData("--resume out")]
    [InlineData("--continue")]
    public void GoingOn_WithForce_IsRefused(string option) =>
        Assert.Contains("give one of them", Assert.Single(DemoCommandLine.Parse($"{option} --force").Parse.Errors).Message);

    [Fact]
    public void Continue_GoesOnOnlyWhereARunIs()
    {
        var line = $"--continue --out {_demo.Out} --seed 3";
        Assert.Equal(RunStart.Fresh, DemoCommandLine.Read(line).Start);

        Begin();

        Assert.Equal(RunStart.Resumed, DemoCommandLine.Read(line).Start);
        Assert.Equal("--seed", Assert.Throws<ResumeRefusedException>(() => DemoCommandLine.Read($"{line}1")).Field);
    }

    Recipe Begun => RecipeViews.Resolved(_demo.Options().Recipe, channels: 1, new ImageSize(28, 28));

    void Begin()
    {
        var options = _demo.Options();
        using var folder = RunFolder.Take(_demo.Out);
        folder.Begin(
            new RunRecord(
                RunRecord.CurrentFormat,
                options.Data,
                "",
                options.Seed,
                options.Images,
                options.Threads,
                options.Device,
                Begun,
                Versions.Present
            )
        );
    }

    async Task KillAsync(int epoch) =>
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                strike: new Strike
                {
                    Saved = saved =>
                    {
                        if (saved == epoch)
                            throw new Killed();
                    },
                }
            )
        );

    async Task AssertRefusedAsync(string words) =>
        Assert.StartsWith(words, (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(RunStart.Resumed))).Message);
}
