using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>A message on its last stretch, from its queue's reader to a consumer.</summary>
/// <param name="Number">Grows from event to event of one reader, also when the queue was re-activated in between.</param>
/// <param name="Message">The message.</param>
[GenerateSerializer, Immutable]
sealed record StreamEvent(long Number, StreamMessage Message) : IBatchContainer
{
    public StreamId StreamId => Message.Stream;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    // A payload that the consumer cannot take is none to it. A throw would keep the event undelivered, and with it everything behind it in
    // the queue.
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Message.Payload is T payload ? [Tuple.Create(payload, SequenceToken)] : [];

    // What a producer's calls carry, its key above all, ends at the queue.
    public bool ImportRequestContext() => false;
}
