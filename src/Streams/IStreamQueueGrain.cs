using CoKe.Access.Rights;
using CoKe.Errors;
using Orleans.Concurrency;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>
/// Holds the undelivered messages of the streams that share a queue, in memory. It keeps no position for its reader: the reader tells what
/// it has, so a lost answer, a new reader or two readers at a time lose nothing.
/// </summary>
public interface IStreamQueueGrain : IGrainWithStringKey
{
    /// <summary>Accepts a message, unless producers have not waited for room.</summary>
    /// <returns>Whether it was accepted, and whether the producer waits with <see cref="WaitForRoomAsync"/>.</returns>
    /// <exception cref="InvalidOptionsException">The producer's process counts another number of queues than the silo.</exception>
    /// <exception cref="OversizeMessageException">The message is too large.</exception>
    /// <exception cref="ArgumentException">The message is none that the stream carries. What looks at messages first has exceptions of its
    /// own, see <see cref="AdmitMessage"/>.</exception>
    [Needs(Right.Feed), ResponseTimeout(QueueTimes.Answer)]
    ValueTask<Admittance> EnqueueAsync(StreamMessage message);

    /// <summary>Answers once there is room, or after about a second: no call is held long enough to time out.</summary>
    /// <returns>Whether there is room.</returns>
    [Needs(Right.Feed), ResponseTimeout(QueueTimes.Answer)]
    ValueTask<bool> WaitForRoomAsync();

    /// <summary>Answers with the messages that follow, at once or as soon as one arrives, or with none after about a second.</summary>
    /// <param name="incarnation">The activation whose numbers the reader speaks of; those of another one mean nothing.</param>
    /// <param name="after">The last message the reader has; -1 for none. A new reader starts at the oldest undelivered message.</param>
    /// <param name="delivered">All messages below were delivered: makes up for lost calls of <see cref="DeliveredAsync"/>.</param>
    [Needs(Right.Cluster), ResponseTimeout(QueueTimes.Answer)]
    ValueTask<QueueSlice> ReadAsync(Guid incarnation, long after, long delivered);

    /// <summary>Lets a message go: all consumers have it.</summary>
    [Needs(Right.Cluster), OneWay]
    ValueTask DeliveredAsync(Guid incarnation, long number);

    /// <summary>What the queue holds now.</summary>
    [Needs(Right.Feed)]
    ValueTask<QueueLoad> GetLoadAsync();

    /// <summary>The key of a queue. The number of queues is part of it, so that processes that count differently are found out.</summary>
    internal static string Key(QueueId queue, int queueCount) => $"{queue}/{queueCount}";
}

/// <summary>What became of a message for a queue.</summary>
public enum Admittance
{
    /// <summary>Accepted; there is room for the next one.</summary>
    Room,

    /// <summary>Accepted; the producer waits for room before it sends another.</summary>
    Last,

    /// <summary>Not accepted: the producer waits for room and sends it again.</summary>
    Full,
}

/// <summary>What a queue holds.</summary>
/// <param name="Messages">Undelivered messages.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="PeakBytes">The most bytes it held since it was activated.</param>
[GenerateSerializer, Immutable]
public readonly record struct QueueLoad(int Messages, long Bytes, long PeakBytes);
