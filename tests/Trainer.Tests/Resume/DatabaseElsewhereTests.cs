using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Evaluation;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>A folder of results may lie where no database can: then the clustering's lies elsewhere.</summary>
public sealed class DatabaseElsewhereTests : IDisposable
{
    readonly SmallDemo _demo = new();
    readonly TemporaryFolder _folder = new();

    string Elsewhere => _folder.File("near/clusters.db");

    string Token => Path.Combine(RunFolder.StateOf(_demo.Out), "token");

    public void Dispose()
    {
        _demo.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Resume_AfterAKill_EndsTheSameAndLeavesNoDatabaseInTheFolder()
    {
        using var usual = new SmallDemo();
        var expected = await usual.RunAsync();
        await KillAsync();
        Assert.True(File.Exists(Elsewhere));
        Assert.True(File.Exists(Token));

        // The line that goes on need not say it again.
        var resumed = DemoCommandLine.Read($"--resume {_demo.Out}");
        Assert.Equal(Elsewhere, resumed.Database);
        var summary = await _demo.RunAsync(resumed);

        Assert.Equal(SmallDemo.Result(expected), SmallDemo.Result(summary));
        Assert.Empty(Directory.EnumerateFiles(RunFolder.StateOf(_demo.Out), "*.db*"));
        Assert.Contains($"clusters in {Elsewhere}", _demo.Output.ToString());
        Assert.Equal(10, (await EncoderEvaluationTests.EvaluateAsync(_demo.Out)).Heads[0].K);
    }

    [Fact]
    public async Task Resume_WhereTheDatabaseWasMoved_AsksForItsPlaceAndMakesNone()
    {
        await KillAsync();
        var moved = _folder.File("moved.db");
        File.Move(Elsewhere, moved);

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(DemoCommandLine.Read($"--resume {_demo.Out}")));

        Assert.StartsWith(
            $"{Elsewhere} lacks the run that was begun here: restore the file from a copy, say where it is by --database",
            refused.Message
        );
        Assert.False(File.Exists(Elsewhere));
        Assert.Equal(3, (await _demo.RunAsync(DemoCommandLine.Read($"--resume {_demo.Out} --database {moved}"))).LossTrace.Count);
    }

    [Fact]
    public async Task Forced_ReplacesTheRunInTheDatabaseAndNoOther()
    {
        await KillAsync();
        using var other = new SmallDemo();
        await other.RunAsync(other.Options() with { Database = Elsewhere, RunName = "other" });

        await _demo.RunAsync(_demo.Options(RunStart.Forced) with { Database = Elsewhere });

        Assert.Equal(10, (await EncoderEvaluationTests.EvaluateAsync(_demo.Out)).Heads[0].K);
        Assert.Equal(10, (await EncoderEvaluationTests.EvaluateAsync(other.Out)).Heads[0].K);
    }

    [Fact]
    public void Database_OfRunningSilos_IsRefused()
    {
        var refused = Assert.Throws<InvalidOptionsException>(() => DemoCommandLine.Read($"--database {Elsewhere} --gateway localhost:1"));
        Assert.Equal(("database", Elsewhere), (refused.Field, refused.Value));
    }

    async Task KillAsync() =>
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                _demo.Options() with
                {
                    Database = Elsewhere,
                },
                new Strike
                {
                    Saved = saved =>
                    {
                        if (saved == 2)
                            throw new Killed();
                    },
                }
            )
        );
}
