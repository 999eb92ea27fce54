using CoKe.Abstractions;
using CoKe.Streams;

namespace CoKe.Grains.Tests.Streams;

/// <summary>What a stream promises its producers and consumers, on one silo and on two.</summary>
public abstract class EmbeddingStreamTests(StreamCluster cluster)
{
    const int Bytes = StreamCluster.PacketBytes;

    // A name of its own for every test and cluster: the recorders are shared.
    string Name(string test) => $"{GetType().Name}-{test}";

    [Fact]
    public async Task Client_AwaitsEveryEvent_AllArriveOnceInOrder()
    {
        var name = Name("in-order");
        var stream = cluster.Stream(name);
        for (var n = 0; n < 100; n++)
        {
            await stream.OnNextAsync(Packet.Of(0, n, Bytes));
        }

        var received = await Recorder.Of(name).WaitForAsync(100);
        Assert.Equal(Enumerable.Range(0, 100), received.Select(packet => packet.Number));
        Assert.All(received, packet => Assert.Equal(packet.Number, packet.Data.Span[^1]));
    }

    [Fact]
    public async Task SiloProducer_AwaitsEveryEvent_AllArriveOnceInOrder()
    {
        var name = Name("silo-producer");
        await cluster.Client.GetGrain<IProducingGrain>(name).SendAsync([.. Enumerable.Range(0, 100).Select(n => Packet.Of(0, n, Bytes))]);

        var received = await Recorder.Of(name).WaitForAsync(100);
        Assert.Equal(Enumerable.Range(0, 100), received.Select(packet => packet.Number));
    }

    [Fact]
    public async Task Producers_SendConcurrentlyToSeveralStreams_EveryEventArrivesOnceAtItsOwn()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 5)
                .Select(async s =>
                {
                    var name = Name($"concurrent-{s}");
                    var stream = cluster.Stream(name);
                    await Task.WhenAll(
                        Enumerable
                            .Range(0, 4)
                            .Select(async producer =>
                            {
                                for (var n = 0; n < 25; n++)
                                {
                                    await stream.OnNextAsync(Packet.Of(producer, (100 * s) + n, Bytes));
                                }
                            })
                    );

                    var received = await Recorder.Of(name).WaitForAsync(100);
                    var expected =
                        from producer in Enumerable.Range(0, 4)
                        from n in Enumerable.Range(0, 25)
                        select (producer, (100 * s) + n);
                    Assert.Equal(expected, received.Select(packet => (packet.Producer, packet.Number)).Order());
                })
        );
    }

    [Fact]
    public async Task Batch_SentAsOne_ArrivesInOrder()
    {
        var name = Name("batch");
        await cluster.Stream(name).OnNextBatchAsync(Enumerable.Range(0, 10).Select(n => Packet.Of(0, n, Bytes)));

        var received = await Recorder.Of(name).WaitForAsync(10);
        Assert.Equal(Enumerable.Range(0, 10), received.Select(packet => packet.Number));
    }

    [Fact]
    public async Task SlowConsumer_FullQueue_ProducerWaitsUntilThereIsRoom()
    {
        var name = Name("slow");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Recorder.Of(name).Before = _ => gate.Task;
        var stream = cluster.Stream(name);
        for (var n = 0; n < 3; n++)
        {
            await stream.OnNextAsync(Packet.Of(0, n, Bytes)); // the queue has room for four
        }

        var waiting = stream.OnNextAsync(Packet.Of(0, 3, Bytes));
        while ((await cluster.QueueOf(name).GetLoadAsync()).Messages < 4) { }

        Assert.False(await cluster.QueueOf(name).WaitForRoomAsync());
        Assert.False(waiting.IsCompleted);
        Assert.Empty(Recorder.Of(name).Packets);

        gate.SetResult();
        await waiting.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal([0, 1, 2, 3], (await Recorder.Of(name).WaitForAsync(4)).Select(packet => packet.Number));
    }

    [Fact]
    public async Task ManyProducers_SlowConsumer_QueueHoldsAtMostItsBytesAndOneMessagePerProducer()
    {
        var name = Name("bounded");
        Recorder.Of(name).Before = async _ => await Task.Yield();
        var stream = cluster.Stream(name);
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async producer =>
                {
                    for (var n = 0; n < 50; n++)
                    {
                        await stream.OnNextAsync(Packet.Of(producer, n, Bytes));
                    }
                })
        );
        await Recorder.Of(name).WaitForAsync(200);

        // Other tests of this class run before or after, never beside, and obey the same bound with up to five streams of four producers.
        var load = await cluster.QueueOf(name).GetLoadAsync();
        Assert.InRange(load.PeakBytes, Bytes, StreamCluster.QueueBytes + (20 * Bytes));
    }

    [Fact]
    public async Task OversizeMessage_IsRefusedAtTheProducer_OthersFlow()
    {
        var name = Name("oversize");
        var stream = cluster.Stream(name);
        await stream.OnNextAsync(Packet.Of(0, 0, Bytes));

        var refused = await Assert.ThrowsAsync<OversizeMessageException>(() => stream.OnNextAsync(Packet.Of(0, 1, (2 * Bytes) + 4)));
        Assert.Equal("SizeInBytes", refused.Field);
        Assert.Equal($"{(2 * Bytes) + 4}", refused.Value);
        await Assert.ThrowsAsync<OversizeMessageException>(() =>
            stream.OnNextBatchAsync([Packet.Of(0, 1, Bytes), Packet.Of(0, 2, 3 * Bytes)])
        );

        // In a grain the same; the error reaches the grain's caller with its type, field and value.
        var remote = await Assert.ThrowsAsync<OversizeMessageException>(() =>
            cluster.Client.GetGrain<IProducingGrain>(name).SendAsync([Packet.Of(0, 3, 3 * Bytes)])
        );
        Assert.Equal($"{3 * Bytes}", remote.Value);

        await stream.OnNextAsync(Packet.Of(0, 4, 2 * Bytes));
        Assert.Equal([0, 4], (await Recorder.Of(name).WaitForAsync(2)).Select(packet => packet.Number));
    }

    [Fact]
    public async Task Consumer_Throws_EventIsKeptUntilDelivered()
    {
        var name = Name("throws");
        var attempts = 0;
        Recorder.Of(name).Before = packet =>
            packet.Number == 2 && attempts++ < 4
                ? Task.FromException(new InvalidOperationException($"attempt {attempts}"))
                : Task.CompletedTask;
        var stream = cluster.Stream(name);
        for (var n = 0; n < 10; n++)
        {
            await stream.OnNextAsync(Packet.Of(0, n, Bytes));
        }

        var received = await Recorder.Of(name).WaitForAsync(10);
        Assert.Equal(Enumerable.Range(0, 10), received.Select(packet => packet.Number));
        Assert.Equal(5, attempts);
    }

    [Fact]
    public async Task Consumer_IsActivatedAgain_ReceivesWhatFollows()
    {
        var name = Name("consumer-activated-again");
        var stream = cluster.Stream(name);
        for (var n = 0; n < 30; n++)
        {
            if (n % 10 == 5)
            {
                await cluster.Client.GetGrain<IRecordingGrain>(name).DeactivateAsync();
            }

            await stream.OnNextAsync(Packet.Of(0, n, Bytes));
        }

        // A delivery that meets the end of an activation may come twice.
        var received = await Recorder.Of(name).WaitForEachAsync(30);
        Assert.Equal(Enumerable.Range(0, 30), received.Select(packet => packet.Number).Distinct().Order());
    }

    [Fact]
    public async Task UnsubscribedStream_EventsAreDropped_ProducerDoesNotWaitForever()
    {
        var nobody = cluster.Stream(Name("nobody"), "no-such-namespace");
        for (var n = 0; n < 20; n++)
        {
            await nobody.OnNextAsync(Packet.Of(0, n, Bytes)).WaitAsync(TimeSpan.FromMinutes(1));
        }
    }
}

public sealed class EmbeddingStreamOneSiloTests(OneSilo cluster) : EmbeddingStreamTests(cluster), IClassFixture<OneSilo>
{
    [Fact]
    public async Task Message_InsideASilo_IsPassedByReference()
    {
        var sent = Packet.Of(0, 0, StreamCluster.PacketBytes);
        var silo = cluster.Cluster.Silos[0].ServiceProvider;
        var stream = ((IClusterClient)silo.GetService(typeof(IClusterClient))!)
            .GetStreamProvider(EmbeddingStreams.ProviderName)
            .GetStream<Packet>(Orleans.Runtime.StreamId.Create(StreamCluster.Namespace, "by-reference"));
        await stream.OnNextAsync(sent);

        Assert.Same(sent, Assert.Single(await Recorder.Of("by-reference").WaitForAsync(1)));
    }
}

public sealed class EmbeddingStreamTwoSilosTests(TwoSilos cluster) : EmbeddingStreamTests(cluster), IClassFixture<TwoSilos>;
