using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Runs;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The streams carry mini-batches of runs that exist, and nothing else.</summary>
public sealed class StreamAdmissionTests(OneSilo silo) : IClassFixture<OneSilo>
{
    const int N = 64,
        D = 8,
        B = 16;
    static int _runs;

    [Fact]
    public async Task Stream_WhatIsNoMiniBatchOfTheRun_IsRefusedAndDoesNotHoldIt()
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        var runId = (await coke.GetStatusAsync(run)).RunId;
        var stranger = new QueueProducer(EmbeddingStreams.ProviderName, silo.Cluster.Client, new QueueStreamOptions());
        var batch = new MiniBatch(runId, new BatchIdentity(0, 0, 0, 0), 1, 1, new IntValues([0, 1]), new FloatValues(Rows(0, 2)), null);
        await Assert.ThrowsAsync<ArgumentException>(() =>
            stranger.SendAsync(EmbeddingStreams.OfRun(runId), [Streams.Packet.Of(0, 1, 64)], null)
        );
        await Assert.ThrowsAsync<ArgumentException>(() => stranger.SendAsync(EmbeddingStreams.OfRun("another"), [batch], null));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            stranger.SendAsync(EmbeddingStreams.OfRun(runId), [batch with { Embeddings = null! }], null)
        );
        await Assert.ThrowsAsync<UnknownRunException>(() =>
            stranger.SendAsync(EmbeddingStreams.OfRun("none~1"), [batch with { RunId = "none~1" }], null)
        );
        await Assert.ThrowsAsync<UnknownRunException>(() =>
            stranger.SendAsync(EmbeddingStreams.OfRun("no name"), [batch with { RunId = "no name" }], null)
        );
        await session.PushAsync([0, 1], Rows(0, 2));
        Assert.Equal(2, (await session.EndEpochAsync().WaitAsync(TimeSpan.FromMinutes(1))).Rows);
    }

    [Fact]
    public async Task Stream_OfARunThatWasDeleted_IsRefusedAfterAWhile()
    {
        var (run, coke) = await NewRun();
        var runId = (await coke.GetStatusAsync(run)).RunId;
        var time = new FakeTimeProvider();
        var within = silo.Cluster.Silos[0].ServiceProvider;
        var admission = new StreamAdmission(within.GetRequiredService<IGrainFactory>(), time);
        var message = new StreamMessage(
            EmbeddingStreams.OfRun(runId),
            new MiniBatch(runId, new BatchIdentity(0, 0, 0, 0), 1, 1, new IntValues([0, 1]), new FloatValues(Rows(0, 2)), null)
        );
        await admission.AdmitAsync(message);
        await coke.DeleteRunAsync(run);
        Assert.True(admission.AdmitAsync(message).IsCompletedSuccessfully);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(admission.AdmitAsync(message).IsCompletedSuccessfully); // it is being looked for
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (admission.AdmitAsync(message) is { IsCompletedSuccessfully: true })
        {
            patience.Token.ThrowIfCancellationRequested();
            await coke.ListRunsAsync();
        }

        await Assert.ThrowsAsync<UnknownRunException>(() => admission.AdmitAsync(message));
    }

    async Task<(string Run, CokeClient Coke)> NewRun()
    {
        var name = $"run-{Interlocked.Increment(ref _runs)}";
        var options = new ClusteringOptions
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Heads = [new HeadOptions { ClusterCount = 4 }],
        };
        await silo.Cluster.Coke.CreateRunAsync(new RunSpecification(name, options, 1));
        return (name, silo.Cluster.Coke);
    }

    static float[] Rows(int first, int n) => Embeddings.Rows(first, n, D);
}
