using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>The streams as a client sees them: it only produces.</summary>
sealed class ClientQueueAdapterFactory(QueueProducer producer) : IQueueAdapterFactory, IQueueAdapter
{
    public string Name => producer.Name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.WriteOnly;

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId,
        IEnumerable<T> events,
        StreamSequenceToken? token,
        Dictionary<string, object>? requestContext
    ) => producer.SendAsync(streamId, events, token);

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IStreamQueueMapper GetStreamQueueMapper() => producer.Mapper;

    public IQueueAdapterCache GetQueueAdapterCache() => throw ConsumersLiveInSilos();

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => throw ConsumersLiveInSilos();

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => throw ConsumersLiveInSilos();

    static NotSupportedException ConsumersLiveInSilos() => new("Streams are consumed by grains; a client only produces.");
}
