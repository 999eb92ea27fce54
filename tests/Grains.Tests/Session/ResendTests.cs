using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Session;

/// <summary>When a session sends again what is not durable.</summary>
public sealed class ResendTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly FakeTimeProvider _time = new();
    readonly List<long> _sent = [];
    readonly SemaphoreSlim _sending = new(0);
    readonly SemaphoreSlim _polling = new(0);

    /// <summary>Where a step takes long, many seconds pass between two checkpoints: what the silo has taken is not sent again
    /// meanwhile, and what it does not take any more is.</summary>
    [Fact]
    public async Task Poll_ThatTellsOfMoreMiniBatches_IsProgressWithoutACheckpoint()
    {
        var (grains, session) = await OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await session.PushAsync([i], [1, 0]);
            Assert.True(await _sending.WaitAsync(Patience));
        }

        for (var taken = 1; taken <= 3; taken++)
            await SayAfterAsync(grains, taken);
        Assert.Equal([0, 1, 2], _sent);

        await SayAfterAsync(grains, 3);
        for (var i = 0; i < 3; i++)
            Assert.True(await _sending.WaitAsync(Patience));
        Assert.Equal([0, 1, 2, 0, 1, 2], _sent);
        await session.DisposeAsync();
    }

    /// <summary>Lets more time pass than a session waits before it sends again, and then tells it how many mini-batches were
    /// taken.</summary>
    async Task SayAfterAsync(EndEpochTests.ScriptedGrains grains, long taken)
    {
        _time.Advance(new SessionOptions().ResendAfter + TimeSpan.FromSeconds(1));
        grains.Say(EndEpochTests.Progress(epoch: 0) with { NextExpected = taken, Processed = taken });
        Assert.True(await _polling.WaitAsync(Patience)); // it has heard that, and asks again
    }

    async Task<(EndEpochTests.ScriptedGrains, TrainerSession)> OpenAsync()
    {
        var options = new ClusteringOptions
        {
            Dimension = 2,
            ImageCount = 20,
            BatchSize = 1,
            Heads = [new HeadOptions { ClusterCount = 2 }],
        };
        var grains = EndEpochTests.ScriptedGrains.Create(
            new TrainerRegistration("run~0", 0, 1, new RunSpecification("run", options), new RunLayout(), LeastWindow: 1)
        );
        ((EndEpochTests.ScriptedGrains)grains).Answer = (method, _) =>
        {
            if (method == nameof(ISequencerGrain.PollAsync))
                _polling.Release();
            return null;
        };
        var session = await TrainerSession.OpenAsync(
            new SessionWorld(grains, SendAsync, int.MaxValue, _time, TaskScheduler.Default),
            "run",
            0,
            "trainer",
            new SessionOptions { Window = 16, Concurrency = 1 }
        );
        Assert.True(await _polling.WaitAsync(Patience)); // to open it
        Assert.True(await _polling.WaitAsync(Patience));
        return ((EndEpochTests.ScriptedGrains)grains, session);
    }

    Task SendAsync(MiniBatch message)
    {
        _sent.Add(message.Identity.Sequence);
        _sending.Release();
        return Task.CompletedTask;
    }
}
