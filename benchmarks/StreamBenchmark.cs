using System.Diagnostics;
using CoKe.Abstractions;
using Orleans.Concurrency;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoKe.Benchmarks;

/// <summary>Budget 4: 512 KB mini-batches from one process to a consumer grain in another, against Orleans' memory streams.</summary>
static class StreamBenchmark
{
    static int _streams;

    public static async Task<BudgetTable> RunAsync(int rounds)
    {
        await using var silo = await SiloProcess.StartAsync();
        List<double> serial = [],
            four = [],
            memory = [],
            memoryFour = [];
        await Rate(silo, EmbeddingStreams.ProviderName, 4, 100);
        await Rate(silo, SiloProcess.MemoryStreams, 4, 20);
        for (var round = 0; round < rounds; round++)
        {
            memory.Add(await Rate(silo, SiloProcess.MemoryStreams, 1, 60));
            serial.Add(await Rate(silo, EmbeddingStreams.ProviderName, 1, 600));
            memoryFour.Add(await Rate(silo, SiloProcess.MemoryStreams, 4, 60));
            four.Add(await Rate(silo, EmbeddingStreams.ProviderName, 4, 600));
        }

        return new BudgetTable(
            "stream",
            "512 KB messages, two processes; peer: Orleans memory streams in the same run",
            [
                BudgetRow.Against("four in flight, as a session sends", "MB/s", [.. four], [.. memoryFour], 10, atMost: false),
                BudgetRow.Against("awaited one by one", "MB/s", [.. serial], [.. memory], null),
            ]
        );
    }

    static async Task<double> Rate(SiloProcess silo, string provider, int inFlight, int messages)
    {
        var key = $"bench-{Interlocked.Increment(ref _streams)}";
        var stream = silo.Client.GetStreamProvider(provider).GetStream<MiniBatch>(StreamId.Create(SinkGrain.StreamNamespace, key));
        var sink = silo.Client.GetGrain<ISinkGrain>(key);
        var message = new MiniBatch(key, default, 0, 1, new IntValues(Load.Ids(0)), new FloatValues(Load.Batches(1, 3)[0]), null);
        await sink.WaitForAsync(0);
        var left = messages;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(async _ =>
                {
                    while (Interlocked.Decrement(ref left) >= 0)
                        await stream.OnNextAsync(message);
                })
        );
        while (await sink.WaitForAsync(messages) < messages) { }

        return messages * (double)message.SizeInBytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>Counts what arrives.</summary>
public interface ISinkGrain : IGrainWithStringKey
{
    /// <summary>Messages so far; waits up to a second for <paramref name="count"/>.</summary>
    Task<int> WaitForAsync(int count);
}

/// <summary>The consumer of the stream benchmark.</summary>
[ImplicitStreamSubscription(StreamNamespace), Reentrant]
public sealed class SinkGrain : Grain, ISinkGrain, IStreamSubscriptionObserver
{
    /// <summary>The streams it consumes.</summary>
    public const string StreamNamespace = "bench";

    readonly SemaphoreSlim _arrived = new(0);
    int _count;

    /// <inheritdoc/>
    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        await handleFactory
            .Create<MiniBatch>()
            .ResumeAsync(
                (_, _) =>
                {
                    _count++;
                    _arrived.Release();
                    return Task.CompletedTask;
                }
            );

    /// <inheritdoc/>
    public async Task<int> WaitForAsync(int count)
    {
        var until = Stopwatch.GetTimestamp();
        while (_count < count && Stopwatch.GetElapsedTime(until) < TimeSpan.FromSeconds(1))
            await _arrived.WaitAsync(TimeSpan.FromSeconds(1));
        return _count;
    }
}
