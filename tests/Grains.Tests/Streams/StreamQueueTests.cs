using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Streams;
using Orleans.Core.Internal;

namespace CoKe.Grains.Tests.Streams;

/// <summary>The queue itself, and what happens when it, its reader or its silo goes.</summary>
public sealed class StreamQueueTests(OneSilo cluster, Unread unread) : IClassFixture<OneSilo>, IClassFixture<Unread>
{
    const int Bytes = StreamCluster.PacketBytes;

    static StreamMessage Message(int number) => new(StreamId.Create("queue-tests", "any"), Packet.Of(0, number, Bytes));

    // Notices of delivery are one-way: nobody answers them.
    static async Task UntilHeldAsync(IStreamQueueGrain queue, int messages)
    {
        while ((await queue.GetLoadAsync()).Messages != messages) { }
    }

    static IEnumerable<long> Numbers(QueueSlice slice) => slice.Messages.Select(message => message.Number);

    [Fact]
    public async Task Read_Repeated_AnswersTheSameUntilDelivered()
    {
        var queue = unread.NextQueue();
        for (var n = 0; n < 3; n++)
        {
            await queue.EnqueueAsync(Message(n));
        }

        var first = await queue.ReadAsync(default, -1, 0);
        Assert.Equal([0, 1, 2], Numbers(first));
        Assert.Equal([0, 1, 2], Numbers(await queue.ReadAsync(first.Incarnation, -1, 0)));
        Assert.Equal([2], Numbers(await queue.ReadAsync(first.Incarnation, 1, 0)));

        await queue.DeliveredAsync(first.Incarnation, 1);
        await UntilHeldAsync(queue, 2);
        Assert.Equal([0, 2], Numbers(await queue.ReadAsync(first.Incarnation, -1, 0)));

        // A reader that knows nothing, as after a crash, starts at the oldest undelivered message.
        Assert.Equal([0, 2], Numbers(await queue.ReadAsync(Guid.NewGuid(), 2, 3)));

        // A read makes up for lost notices of delivery.
        Assert.Equal([2], Numbers(await queue.ReadAsync(first.Incarnation, 1, 2)));
        Assert.Equal(new QueueLoad(1, Bytes, 3 * Bytes), await queue.GetLoadAsync());
    }

    [Fact]
    public async Task Delivered_OfAnotherIncarnation_ChangesNothing()
    {
        var queue = unread.NextQueue();
        await queue.EnqueueAsync(Message(0));
        await queue.EnqueueAsync(Message(1));
        var incarnation = (await queue.ReadAsync(default, -1, 0)).Incarnation;
        await queue.DeliveredAsync(Guid.NewGuid(), 0);
        await queue.DeliveredAsync(incarnation, 1);
        await UntilHeldAsync(queue, 1);

        Assert.Equal([0], Numbers(await queue.ReadAsync(incarnation, -1, 0)));
    }

    [Fact]
    public async Task Read_OfAnEmptyQueue_AnswersWhenAMessageArrives()
    {
        var queue = unread.NextQueue();
        var incarnation = (await queue.ReadAsync(default, -1, 0)).Incarnation; // answers with nothing, after the long poll
        var reading = queue.ReadAsync(incarnation, -1, 0);
        await queue.EnqueueAsync(Message(0));

        var slice = await reading;
        while (slice.Messages.Length == 0) // the poll may have ended just before
        {
            slice = await queue.ReadAsync(incarnation, -1, 0);
        }

        Assert.Equal([0], Numbers(slice));
    }

    [Fact]
    public async Task Queue_IsActivatedAgain_ProducersAndReadersGoOn()
    {
        const string Name = "queue-activated-again";
        var stream = cluster.Stream(Name);
        for (var n = 0; n < 10; n++)
        {
            await stream.OnNextAsync(Packet.Of(0, n, Bytes));
        }

        await Recorder.Of(Name).WaitForAsync(10);
        await cluster.QueueOf(Name).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        while ((await cluster.QueueOf(Name).GetLoadAsync()).PeakBytes > 0) { }

        // The new activation counts from 0; the reader's cursors are at 10 already.
        for (var n = 10; n < 30; n++)
        {
            await stream.OnNextAsync(Packet.Of(0, n, Bytes));
        }

        var received = await Recorder.Of(Name).WaitForAsync(30);
        Assert.Equal(Enumerable.Range(0, 30), received.Select(packet => packet.Number));
    }

    [Fact]
    public async Task Enqueue_FromAProcessWithAnotherQueueCount_IsRefused()
    {
        var options = StreamCluster.Options();
        options.QueueCount = 5;
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, cluster.Client, options);

        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            producer.SendAsync(StreamId.Create(StreamCluster.Namespace, "count"), [Packet.Of(0, 0, Bytes)], null)
        );
        Assert.Equal("QueueCount", refused.Field);
        Assert.Equal("5", refused.Value);
    }

    [Fact]
    public async Task Enqueue_WhereNoStreamMapsTo_IsRefused()
    {
        var queue = cluster.Client.GetGrain<IStreamQueueGrain>($"of-nobody/{StreamCluster.Options().QueueCount}");
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync(Message(0)).AsTask());
        Assert.Contains("of-nobody", refused.Message);
    }

    [Fact]
    public async Task Send_WithoutSizeOrWithToken_IsRefused()
    {
        var stream = StreamId.Create(StreamCluster.Namespace, "misuse");
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, cluster.Client, StreamCluster.Options());

        await Assert.ThrowsAsync<ArgumentException>(() => producer.SendAsync(stream, ["no size"], null));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            producer.SendAsync(stream, [Packet.Of(0, 0, Bytes)], new Orleans.Providers.Streams.Common.EventSequenceTokenV2(1))
        );
    }

    [Fact]
    public async Task Enqueue_OfProducersThatDoNotWait_EndsWhereTheQueueIsFull()
    {
        var queue = unread.NextQueue();
        var most = (int)(StreamCluster.Options().MostQueueBytes / Bytes);
        List<Admittance> admittances = [];
        for (var n = 0; n < most + 3; n++)
        {
            admittances.Add(await queue.EnqueueAsync(Message(n)));
        }

        var room = StreamCluster.QueueBytes / Bytes;
        Assert.Equal(
            [
                .. Enumerable.Repeat(Admittance.Room, room - 1),
                .. Enumerable.Repeat(Admittance.Last, most - room + 1),
                .. Enumerable.Repeat(Admittance.Full, 3),
            ],
            admittances
        );
        Assert.Equal(StreamCluster.Options().MostQueueBytes, (await queue.GetLoadAsync()).PeakBytes);

        var slice = await queue.ReadAsync(default, -1, 0);
        await queue.ReadAsync(slice.Incarnation, slice.Messages[^1].Number, slice.Messages[^1].Number + 1);
        Assert.Equal(Admittance.Room, await queue.EnqueueAsync(Message(most)));
    }

    [Fact]
    public async Task Enqueue_WhatIsTooLargeOrTellsNoSize_IsRefusedByTheSiloToo()
    {
        var queue = unread.NextQueue();
        var stream = StreamId.Create("queue-tests", "any");
        await Assert.ThrowsAsync<OversizeMessageException>(() => queue.EnqueueAsync(new(stream, Packet.Of(0, 0, 3 * Bytes))).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync(new(stream, "no size")).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync(new(stream, new Liar())).AsTask());
        Assert.Equal(0, (await queue.GetLoadAsync()).PeakBytes);
    }

    [Theory]
    [InlineData(0, 1, 1, "QueueBytes")]
    [InlineData(1, 0, 1, "MaxMessageBytes")]
    [InlineData(1, (64 << 20) + 1, 1, "MaxMessageBytes")]
    [InlineData(1, 1, 0, "QueueCount")]
    [InlineData(1, 1, 1025, "QueueCount")]
    public void Options_OutOfRange_AreRefusedByName(long queueBytes, int maxMessageBytes, int queueCount, string field)
    {
        var options = new QueueStreamOptions
        {
            QueueBytes = queueBytes,
            MaxMessageBytes = maxMessageBytes,
            QueueCount = queueCount,
        };
        Assert.Equal(field, Assert.Throws<InvalidOptionsException>(options.Validate).Field);
    }

    /// <summary>Says to have less than nothing in it, so that a queue that believed it would never fill.</summary>
    [GenerateSerializer]
    public sealed class Liar : ISized
    {
        public int SizeInBytes => -100_000_000;
    }
}
