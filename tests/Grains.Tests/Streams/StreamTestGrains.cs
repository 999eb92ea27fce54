using System.Collections.Concurrent;
using CoKe.Abstractions;
using CoKe.Streams;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoKe.Grains.Tests.Streams;

/// <summary>What the stream tests send.</summary>
[GenerateSerializer, Immutable]
public sealed record Packet(int Producer, int Number, FloatValues Data) : ISized
{
    public int SizeInBytes => 4 * Data.Length;

    public static Packet Of(int producer, int number, int bytes) =>
        new(producer, number, FloatValues.From(Enumerable.Repeat((float)number, bytes / 4).ToArray()));
}

/// <summary>What one stream's consumer received, and what it is told to do. All silos live in this process, so tests reach it.</summary>
sealed class Recorder
{
    static readonly ConcurrentDictionary<string, Recorder> All = new();
    readonly List<(Func<bool> IsReached, TaskCompletionSource Reached)> _waits = [];
    readonly List<Packet> _packets = [];

    public static Recorder Of(string stream) => All.GetOrAdd(stream, _ => new Recorder());

    /// <summary>Runs before a packet is recorded; what it throws, the consumer throws.</summary>
    public Func<Packet, Task> Before { get; set; } = _ => Task.CompletedTask;

    public Packet[] Packets
    {
        get
        {
            lock (_packets)
            {
                return [.. _packets];
            }
        }
    }

    public async Task ReceiveAsync(Packet packet)
    {
        await Before(packet);
        lock (_packets)
        {
            _packets.Add(packet);
            _waits.Where(wait => wait.IsReached()).ToList().ForEach(wait => wait.Reached.TrySetResult());
        }
    }

    /// <summary>Completes with all packets when there are <paramref name="count"/>.</summary>
    public Task<Packet[]> WaitForAsync(int count) => WaitForAsync(() => _packets.Count >= count);

    /// <summary>The same where a packet may come twice: completes when <paramref name="count"/> different ones are there.</summary>
    public Task<Packet[]> WaitForEachAsync(int count) =>
        WaitForAsync(() => _packets.DistinctBy(packet => (packet.Producer, packet.Number)).Count() >= count);

    async Task<Packet[]> WaitForAsync(Func<bool> isReached)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_packets)
        {
            _waits.Add((isReached, reached));
            if (isReached())
            {
                reached.TrySetResult();
            }
        }

        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return Packets;
    }
}

public interface IRecordingGrain : IGrainWithStringKey
{
    Task DeactivateAsync();
}

/// <summary>Consumes one test stream.</summary>
[ImplicitStreamSubscription(StreamCluster.Namespace)]
public sealed class RecordingGrain : Grain, IRecordingGrain, IStreamSubscriptionObserver, IAsyncObserver<Packet>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<Packet>().ResumeAsync(this);

    public Task OnNextAsync(Packet item, StreamSequenceToken? token = null) => Recorder.Of(this.GetPrimaryKeyString()).ReceiveAsync(item);

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

public interface IProducingGrain : IGrainWithStringKey
{
    /// <summary>Sends to the stream named like this grain, one by one.</summary>
    Task SendAsync(Packet[] packets);
}

/// <summary>Produces from inside a silo.</summary>
public sealed class ProducingGrain : Grain, IProducingGrain
{
    public async Task SendAsync(Packet[] packets)
    {
        var stream = this.GetStreamProvider(EmbeddingStreams.ProviderName)
            .GetStream<Packet>(StreamId.Create(StreamCluster.Namespace, this.GetPrimaryKeyString()));
        foreach (var packet in packets)
        {
            await stream.OnNextAsync(packet);
        }
    }
}
