using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>The streams as a silo sees them: it produces, reads its share of the queues, and delivers.</summary>
sealed class SiloQueueAdapterFactory(QueueProducer producer, ILogger<SiloQueueAdapterFactory> logger)
    : IQueueAdapterFactory,
        IQueueAdapter,
        IQueueAdapterCache
{
    // A pulling agent asks for the cache of its queue first and for the receiver then; the two belong together.
    readonly ConcurrentDictionary<QueueId, QueueReceiver> _receivers = new();

    public string Name => producer.Name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId,
        IEnumerable<T> events,
        StreamSequenceToken? token,
        Dictionary<string, object>? requestContext
    ) => producer.SendAsync(streamId, events, token);

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => producer.Mapper;

    // Orleans logs what could not be delivered, and the cache keeps it.
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public IQueueCache CreateQueueCache(QueueId queueId)
    {
        var receiver = new QueueReceiver(producer.Queue(queueId), logger);
        _receivers[queueId] = receiver;
        return receiver.Cache;
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) =>
        _receivers.TryRemove(queueId, out var receiver)
            ? receiver
            : throw new InvalidOperationException($"The receiver of {queueId} was asked for before its cache.");
}
