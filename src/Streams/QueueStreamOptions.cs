using CoKe.Errors;
using Orleans.Configuration;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>What the streams hold at most. Silos and clients of a cluster take the same values.</summary>
public sealed class QueueStreamOptions
{
    /// <summary>
    /// Above this many bytes of undelivered messages a queue has no room: producers then wait. 16 MiB by default, 32 mini-batches of
    /// 1024 x 128. Producers that wait have one message more in the queue, up to twice as much in all.
    /// </summary>
    public long QueueBytes { get; set; } = 16 << 20;

    /// <summary>A larger message is refused where it is produced. 16 MiB by default; a silo drops the connection at 100 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 16 << 20;

    /// <summary>Queues of the cluster, spread over its silos. Streams that share a queue share its room. 8 by default.</summary>
    public int QueueCount { get; set; } = 8;

    /// <summary>
    /// The most that a queue holds, also of producers that do not wait for room: there is space for the one message more of every producer,
    /// up to as many bytes again as <see cref="QueueBytes"/>, or one message.
    /// </summary>
    public long MostQueueBytes => QueueBytes + Math.Max(QueueBytes, MaxMessageBytes);

    /// <summary>Refuses a message that no stream carries.</summary>
    /// <exception cref="OversizeMessageException">It is too large.</exception>
    /// <exception cref="ArgumentException">It does not tell its size.</exception>
    public void Check(StreamMessage message)
    {
        var bytes = message.Bytes;
        if (bytes < 0)
        {
            throw new ArgumentException(
                $"{message.Payload?.GetType().Name ?? "null"} does not tell its size, by which the streams are bounded; "
                    + "let it implement ISized.",
                nameof(message)
            );
        }

        if (bytes > MaxMessageBytes)
        {
            throw new OversizeMessageException(bytes, MaxMessageBytes);
        }
    }

    /// <summary>Refuses values that cannot work.</summary>
    /// <exception cref="InvalidOptionsException">A value is out of its range.</exception>
    public void Validate()
    {
        // One read of a queue may return a message more than it aims at, and all of it must fit into Orleans' 100 MiB.
        Require(MaxMessageBytes is >= 1 and <= 64 << 20, nameof(MaxMessageBytes), MaxMessageBytes, "1 to 67108864 bytes (64 MiB)");
        Require(QueueBytes >= 1, nameof(QueueBytes), QueueBytes, "at least 1 byte");
        Require(QueueCount is >= 1 and <= 1024, nameof(QueueCount), QueueCount, "1 to 1024 queues");
    }

    /// <summary>Which queue carries which stream: the same in every process that has the same <see cref="QueueCount"/>.</summary>
    internal HashRingBasedStreamQueueMapper Mapper(string provider) =>
        new(new HashRingStreamQueueMapperOptions { TotalQueueCount = QueueCount }, provider);

    static void Require(bool holds, string field, long value, string range)
    {
        if (!holds)
        {
            throw new InvalidOptionsException(field, $"{value}", $"{field} of the streams is {value}; choose {range}.");
        }
    }
}
