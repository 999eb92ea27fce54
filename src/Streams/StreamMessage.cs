namespace CoKe.Streams;

/// <summary>
/// One event on its way from a producer to the consumers of its stream. Immutable: inside a process it is passed by reference from the
/// producer to the consumer, and nobody copies the payload.
/// </summary>
/// <param name="Stream">The stream.</param>
/// <param name="Payload">The event. Whoever produced it never writes to it again.</param>
[GenerateSerializer, Immutable]
public sealed record StreamMessage(StreamId Stream, object Payload)
{
    /// <summary>The size of the payload, as it is here: what the producer's process thinks of it does not travel. -1: it does not
    /// tell.</summary>
    public int Bytes => Payload is ISized { SizeInBytes: >= 0 and var bytes } ? bytes : -1;
}

/// <summary>Looks at a message before a queue takes it. Without one, a queue takes all.</summary>
/// <param name="message">The message, whose size the streams carry.</param>
/// <returns>Completes when the queue may take it; its exception is the producer's.</returns>
public delegate Task AdmitMessage(StreamMessage message);

/// <summary>A message in a queue.</summary>
/// <param name="Number">Counts the messages of one activation of the queue from 0.</param>
/// <param name="Message">The message.</param>
[GenerateSerializer, Immutable]
public sealed record QueuedMessage(long Number, StreamMessage Message);

/// <summary>What a queue answers to a read.</summary>
/// <param name="Incarnation">Names the activation that numbered the messages: a queue that was re-activated counts from 0 again.</param>
/// <param name="Messages">Numbers ascending; none when nothing arrived for about a second.</param>
[GenerateSerializer, Immutable]
public sealed record QueueSlice(Guid Incarnation, QueuedMessage[] Messages);
