using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>The producer's side of the streams: the same in a client and in a silo.</summary>
public sealed class QueueProducer
{
    readonly IGrainFactory _grains;
    readonly QueueStreamOptions _options;
    readonly HashRingBasedStreamQueueMapper _mapper;
    readonly Lazy<HashSet<string>> _read;

    /// <summary>Produces with the given limits.</summary>
    /// <param name="name">Of the stream provider.</param>
    /// <param name="grains">Reaches the queues.</param>
    /// <param name="options">The limits; refused when they cannot work.</param>
    public QueueProducer(string name, IGrainFactory grains, QueueStreamOptions options)
    {
        options.Validate();
        (Name, _grains, _options, _mapper) = (name, grains, options, options.Mapper(name));
        _read = new(() => [.. _mapper.GetAllQueues().Select(queue => Queue(queue).GetPrimaryKeyString())]);
    }

    /// <summary>The stream provider.</summary>
    public string Name { get; }

    /// <summary>Whether anybody reads the queue of that key.</summary>
    public bool IsRead(string queue) => _read.Value.Contains(queue);

    /// <summary>Which queue carries which stream.</summary>
    public IConsistentRingStreamQueueMapper Mapper => _mapper;

    /// <summary>The grain of a queue.</summary>
    /// <param name="queue">The queue.</param>
    public IStreamQueueGrain Queue(QueueId queue) => _grains.GetGrain<IStreamQueueGrain>(IStreamQueueGrain.Key(queue, _options.QueueCount));

    /// <summary>Sends events in their order; completes when there is room for the next, so a slow consumer slows its producers.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="events">The events; each an <see cref="ISized"/>, and handed over.</param>
    /// <param name="token">Must be null: the queue numbers the events.</param>
    /// <exception cref="OversizeMessageException">One event is too large; none was sent.</exception>
    /// <exception cref="ArgumentException">An event does not tell its size, or a token was given; nothing was sent.</exception>
    public async Task SendAsync<T>(StreamId stream, IEnumerable<T> events, StreamSequenceToken? token)
    {
        if (token is not null)
        {
            throw new ArgumentException($"The streams number their events themselves; send without the token {token}.", nameof(token));
        }

        var messages = events.Select(payload => Wrap(stream, payload)).ToList(); // all are checked before the first leaves
        var queue = Queue(_mapper.GetQueueForStream(stream));
        foreach (var message in messages)
        {
            // Accepted first, then wait: a call that is held until there is room would time out, and its outcome would be unknown.
            Admittance admittance;
            while ((admittance = await queue.EnqueueAsync(message)) is Admittance.Full)
            {
                await RoomAsync(queue);
            }

            if (admittance is Admittance.Last)
            {
                await RoomAsync(queue);
            }
        }
    }

    /// <summary>Sends one event without waiting for room, for producers that are told of it and wait themselves.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="payload">An <see cref="ISized"/>, and handed over.</param>
    /// <returns>Whether it was accepted, and whether there is room for the next.</returns>
    /// <exception cref="OversizeMessageException">The event is too large; it was not sent.</exception>
    public async Task<Admittance> OfferAsync<T>(StreamId stream, T payload)
    {
        var message = Wrap(stream, payload);
        return await Queue(_mapper.GetQueueForStream(stream)).EnqueueAsync(message);
    }

    static async Task RoomAsync(IStreamQueueGrain queue)
    {
        while (!await queue.WaitForRoomAsync()) { }
    }

    StreamMessage Wrap(StreamId stream, object? payload)
    {
        var message = new StreamMessage(stream, payload!);
        _options.Check(message);
        return message;
    }
}
