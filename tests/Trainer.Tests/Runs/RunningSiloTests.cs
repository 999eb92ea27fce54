using CoKe.Access;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Learning.Training;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Evaluation;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>The demo on silos that run already: the same numbers, whoever dies, and nobody else's run is touched.</summary>
public sealed class RunningSiloTests : IAsyncLifetime
{
    // Port 1 is never listened on: a gateway that is dead from the beginning.
    const string Dead = "localhost:1";

    readonly TemporaryFolder _folder = new();
    readonly SmallDemo _demo = new();
    readonly SiloProcess _silo;

    public RunningSiloTests() => _silo = new SiloProcess(_folder.File("coke.db"), "--checkpoint-interval", "2");

    public async Task InitializeAsync() => Assert.True(await _silo.StartAsync(), _silo.Output);

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _demo.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(TargetEpoch.Last)]
    [InlineData(TargetEpoch.Current)]
    public async Task Demo_SiloKilledInEveryEpoch_EqualsTheRunInOneProcess(TargetEpoch targets)
    {
        var options = _demo.Options();
        options = options with
        {
            Recipe = options.Recipe with { Clustering = options.Recipe.Clustering with { Labels = targets, Centers = targets } },
        };
        var embedded = SmallDemo.Result(await _demo.RunAsync(options));

        var kills = new List<Task<bool>>();
        var running = SmallDemo.Result(
            await _demo.RunAsync(
                options with
                {
                    Silos = At($"{Dead},{_silo.Gateway}"),
                },
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done % SmallDemo.StepsPerEpoch == 1)
                            kills.Add(KillAsync());
                    },
                }
            )
        );

        Assert.Equal(SmallDemo.Epochs + 1, kills.Count);
        Assert.All(await Task.WhenAll(kills), Assert.True);
        Assert.Equal(embedded, running);
    }

    [Fact]
    public async Task Connect_MostGatewaysDead_FindsTheOneThatLives()
    {
        // Where the client begins is chance.
        for (var i = 0; i < 3; i++)
        {
            await using var client = await CokeClient.ConnectAsync([
                .. Enumerable.Range(1, 4).Select(port => new GatewayAddress("localhost", port)),
                _silo.Gateway,
            ]);

            Assert.Empty(await client.ListRunsAsync());
        }
    }

    [Fact]
    public async Task Demo_KilledAndResumed_GoesOnAtTheSilosItWasBegunOn()
    {
        var embedded = SmallDemo.Result(await _demo.RunAsync());
        await KillTrainerAsync(Options(), epoch: 1);

        var resumed = DemoCommandLine.Read($"--resume {_demo.Out}");
        Assert.Equal(("demo", $"{_silo.Gateway}"), (resumed.RunName, Assert.Single(resumed.Silos).Value));
        Assert.Equal(embedded, SmallDemo.Result(await _demo.RunAsync(resumed)));
        Assert.False(File.Exists(Path.Combine(RunFolder.StateOf(_demo.Out), RunFolder.DatabaseName)));
    }

    [Fact]
    public async Task Evaluate_RunOfRunningSilos_ReadsItsClustersThere()
    {
        var summary = await _demo.RunAsync(Options());

        var scores = await EncoderEvaluationTests.EvaluateAsync($"{_demo.Out} --gateway {Dead} --gateway {_silo.Gateway}");

        Assert.Equal((summary.Acc!.Value, SmallDemo.Epochs), (scores.Heads[0].Test.Acc, scores.Epoch!.Value));
        Assert.NotNull(scores.Heads[0].Train);
        await using var client = await CokeClient.ConnectAsync([_silo.Gateway]);
        Assert.Equal(1, (await client.GetStatusAsync("demo")).Trainers[0].Generation); // nobody took the trainer's place
        await client.DeleteRunAsync("demo");
        Assert.Contains(
            "lacks the run 'demo'",
            (await Assert.ThrowsAsync<InvalidOptionsException>(() => EncoderEvaluationTests.EvaluateAsync(_demo.Out))).Message
        );
    }

    [Fact]
    public async Task Demo_WhereARunHasTheName_IsRefusedAndTouchesNothing()
    {
        await KillTrainerAsync(Options(), epoch: 1);
        await using var client = await CokeClient.ConnectAsync([_silo.Gateway]);
        var first = await client.GetStatusAsync("demo");
        var elsewhere = Options() with { Out = _folder.File("elsewhere") };

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(elsewhere));

        Assert.Equal(
            $"The clustering at {_silo.Gateway} has a run 'demo' in epoch {first.Epoch} already: "
                + "go on with it by --resume and the folder it was begun in, "
                + "choose another name by --run, or remove it by 'coke runs delete demo'.",
            refused.Message
        );
        Assert.Null(RunFolder.Find(elsewhere.Out));
        // --force discards what is in the folder, which is not this run.
        await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(elsewhere with { Start = RunStart.Forced }));
        Assert.Equal(first.RunId, (await client.GetStatusAsync("demo")).RunId);

        var other = await _demo.RunAsync(elsewhere with { RunName = "other" });
        var forced = await _demo.RunAsync(Options() with { Start = RunStart.Forced });
        Assert.Equal(SmallDemo.Result(other), SmallDemo.Result(forced));
        Assert.NotEqual(first.RunId, (await client.GetStatusAsync("demo")).RunId);
    }

    [Fact]
    public async Task Resume_WhereTheRunWasDeleted_IsRefusedAndMakesNone()
    {
        await KillTrainerAsync(Options(), epoch: 0);
        await using var client = await CokeClient.ConnectAsync([_silo.Gateway]);
        await client.DeleteRunAsync("demo");

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Options() with { Start = RunStart.Resumed }));

        Assert.Equal(
            $"The clustering at {_silo.Gateway} lacks the run that was begun here: name the silos that have it by --gateway, "
                + "or begin anew with --force.",
            refused.Message
        );
        Assert.Empty(await client.ListRunsAsync());
    }

    [Theory]
    [InlineData("localhost:1", "No silo answers at localhost:1:")]
    [InlineData("no.such.host.invalid:30000", "Gateway no.such.host.invalid:30000 names an unknown host:")]
    [InlineData("nowhere", "--gateway nowhere is no HOST:PORT:")]
    public async Task Demo_WithoutSilo_SaysSoInOneLine(string gateway, string words)
    {
        var nowhere = _folder.File("nowhere");

        var (exit, error) = await DemoCommandLine.RunAsync("--gateway", gateway, "--out", nowhere);

        Assert.Equal(1, exit);
        Assert.StartsWith(words, error);
        Assert.Equal(error.Length - 1, error.IndexOf('\n'));
        Assert.False(File.Exists(Path.Combine(RunFolder.StateOf(nowhere), "run.json")));
    }

    [Fact]
    public void Resume_OfARunInItsFolder_RefusesGateways()
    {
        using (var run = RunFolder.Take(_demo.Out))
            run.Begin(new RunRecord(RunRecord.CurrentFormat, null, "", 0, null, 1, "cpu", RecipeDefaults.Recipe, Versions.Present));

        Assert.Equal(
            "gateway",
            Assert.Throws<ResumeRefusedException>(() => DemoCommandLine.Read($"--resume {_demo.Out} --gateway localhost:1")).Field
        );
        Assert.Equal("--run", Assert.Throws<ResumeRefusedException>(() => DemoCommandLine.Read($"--resume {_demo.Out} --run other")).Field);
    }

    RunOptions Options() => _demo.Options() with { Silos = At($"{_silo.Gateway}") };

    static Dictionary<string, string> At(string gateways) => new() { [GatewaySettings.Gateway.Name] = gateways };

    async Task KillTrainerAsync(RunOptions options, int epoch) =>
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                options,
                new Strike
                {
                    Saved = saved =>
                    {
                        if (saved == epoch)
                            throw new Killed();
                    },
                }
            )
        );

    async Task<bool> KillAsync()
    {
        await _silo.KillAsync();
        return await _silo.StartAsync();
    }
}
