using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Grains.Protocol;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>A run that is stopped at any point and resumed ends, bit for bit, as the run that was not.</summary>
public sealed class KillPointTests(KillPointTests.Uninterrupted uninterrupted) : IClassFixture<KillPointTests.Uninterrupted>, IDisposable
{
    readonly SmallDemo _demo = new();

    public void Dispose() => _demo.Dispose();

    [Theory]
    [InlineData(1)] // in epoch 0, where nothing is saved
    [InlineData(2 * SmallDemo.StepsPerEpoch + 2)]
    public async Task Resume_KilledAfterAStep_EndsTheSame(int steps) =>
        await KillThenResumeAsync(new Strike { Stepped = done => Kill(done == steps) });

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(SmallDemo.Epochs)]
    public async Task Resume_KilledBetweenSaveAndEnd_EndsTheSame(int epoch) =>
        await KillThenResumeAsync(new Strike { Saved = saved => Kill(saved == epoch) });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SmallDemo.Epochs)]
    public async Task Resume_KilledBetweenCommitAndReading_EndsTheSame(int epoch) =>
        await KillThenResumeAsync(new Strike { Committed = committed => Kill(committed == epoch) });

    [Theory]
    [InlineData(Failpoints.BoundaryBegun, 0)]
    [InlineData(Failpoints.BoundarySaved, 1)]
    [InlineData(Failpoints.BoundaryCommitted, 2)] // committed, and nobody knows
    public async Task Resume_KilledBetweenEndAndCommit_EndsTheSame(string point, int epoch)
    {
        using var kill = new CancellationTokenSource();
        var stuck = new StuckAt(point, epoch, kill);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _demo.RunAsync(silo: builder => builder.Services.AddSingleton<Failpoints>(stuck), cancellation: kill.Token)
        );

        Assert.Equal(uninterrupted.Result, SmallDemo.Result(await _demo.RunAsync(RunStart.Resumed)));
    }

    [Fact]
    public async Task Resume_KilledInEveryEpoch_EndsTheSame()
    {
        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(strike: new Strike { Stepped = done => Kill(done == 2) }));
        for (var epoch = 0; epoch < SmallDemo.Epochs; epoch++)
            await Assert.ThrowsAsync<Killed>(() =>
                _demo.RunAsync(RunStart.Resumed, new Strike { Saved = saved => Kill(saved == epoch + 1) })
            );

        Assert.Equal(uninterrupted.Result, SmallDemo.Result(await _demo.RunAsync(RunStart.Resumed)));
        Assert.Contains("Goes on after epoch 2", _demo.Output.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2 * SmallDemo.StepsPerEpoch + 1)]
    [InlineData(3 * SmallDemo.StepsPerEpoch)]
    public async Task Run_RolledBackByACommand_DoesTheEpochAgain(int steps)
    {
        var silo = new SiloClient();
        var rolledBack = false;
        var summary = await _demo.RunAsync(
            strike: new Strike
            {
                Stepped = done =>
                {
                    if (done != steps || rolledBack)
                        return;
                    rolledBack = true;
                    silo.Coke.RestoreRunAsync("demo").GetAwaiter().GetResult();
                },
            },
            silo: silo.Configure
        );

        Assert.True(rolledBack);
        Assert.Equal(uninterrupted.Result, SmallDemo.Result(summary));
    }

    [Fact]
    public async Task Run_AnotherTrainerTakesTheRank_EndsWithThatReason()
    {
        var silo = new SiloClient();
        TrainerSession? newer = null;
        var fenced = await Assert.ThrowsAsync<FencedTrainerException>(() =>
            _demo.RunAsync(
                strike: new Strike
                {
                    Stepped = done => newer = done == 4 ? silo.Coke.OpenSessionAsync("demo").GetAwaiter().GetResult() : newer,
                },
                silo: silo.Configure
            )
        );

        Assert.Contains("was replaced", fenced.Message);
        await newer!.DisposeAsync();
    }

    async Task KillThenResumeAsync(Strike strike)
    {
        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(strike: strike));
        Assert.True(RunFolder.IsUnfinished(_demo.Out));

        var resumed = await _demo.RunAsync(RunStart.Resumed);

        Assert.Equal(uninterrupted.Result, SmallDemo.Result(resumed));
        Assert.False(RunFolder.IsUnfinished(_demo.Out));
    }

    static void Kill(bool now)
    {
        if (now)
            throw new Killed();
    }

    /// <summary>The run that all others must equal.</summary>
    public sealed class Uninterrupted : IAsyncLifetime
    {
        internal (string, string, string, double?, double?, double?, double?) Result { get; private set; }

        public async Task InitializeAsync()
        {
            using var demo = new SmallDemo();
            Result = SmallDemo.Result(await demo.RunAsync());
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }

    /// <summary>Stops the sequencer for good at a point of an epoch's boundary, and then the trainer.</summary>
    sealed class StuckAt(string point, int epoch, CancellationTokenSource kill) : Failpoints
    {
        int _passed;

        public override async ValueTask Reach(string reached)
        {
            if (reached != point || _passed++ != epoch)
                return;
            await kill.CancelAsync();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }

    /// <summary>A client of the demo's own silo.</summary>
    sealed class SiloClient
    {
        public CokeClient Coke { get; private set; } = null!;

        public void Configure(ISiloBuilder builder) =>
            builder.Services.AddHostedService(services =>
            {
                Coke = new CokeClient(services.GetRequiredService<IClusterClient>());
                return new Nothing();
            });

        sealed class Nothing : IHostedService
        {
            public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

            public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        }
    }
}
