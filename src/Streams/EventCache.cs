using CoKe.Errors;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>
/// What a reader has of its queue: events by reference, one log per stream. An event leaves when every cursor of its stream has moved past
/// it, and only then counts as delivered. Bounded by the queue, which holds every event until then.
/// </summary>
sealed partial class EventCache(Action<StreamEvent> delivered, ILogger logger) : IQueueCache
{
    readonly Dictionary<StreamId, Log> _logs = [];
    readonly Occasions _dropped = new();
    bool _closed;

    public int GetMaxAddCount() => QueueAdapterConstants.UNLIMITED_GET_QUEUE_MSG;

    public bool IsUnderPressure() => false;

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false; // events leave, and are reported, the moment they are delivered
    }

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var message in messages.Cast<StreamEvent>())
        {
            LogOf(message.StreamId).Events.AddLast(message);
        }
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var log = LogOf(streamId);
        var cursor = new Cursor(this, log, token?.SequenceNumber ?? log.Events.First?.Value.Number ?? 0);
        log.Cursors.Add(cursor);
        return cursor;
    }

    /// <summary>From now on cursors go because the reader stops, not because they are done: nothing counts as delivered any more.</summary>
    public void Close() => _closed = true;

    /// <summary>Drops events of streams that nobody consumes: they would fill the queue for the other streams.</summary>
    /// <remarks>The agent takes a cursor for a stream as soon as it has read its first event, and keeps one per subscriber.</remarks>
    public void DropUnsubscribed()
    {
        foreach (var log in _logs.Values.Where(log => log.Cursors.Count == 0 && !_closed))
        {
            if (_dropped.IsTold(out var count))
                LogNoConsumer(log.Stream, log.Events.Count, count);
            Release(log, long.MaxValue);
            _logs.Remove(log.Stream);
        }
    }

    Log LogOf(StreamId stream)
    {
        if (!_logs.TryGetValue(stream, out var log))
        {
            _logs.Add(stream, log = new Log(stream));
        }

        return log;
    }

    void Release(Log log, long below)
    {
        while (!_closed && log.Events.First is { } oldest && oldest.Value.Number < below)
        {
            log.Events.RemoveFirst();
            delivered(oldest.Value);
        }
    }

    void Remove(Cursor cursor, Log log)
    {
        log.Cursors.Remove(cursor);
        if (log.Cursors.Count == 0 && log.Events.Count == 0)
        {
            _logs.Remove(log.Stream);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Nobody consumes stream {Stream}; {Events} events are dropped, the {Count}. time that this happens to a stream here."
    )]
    partial void LogNoConsumer(StreamId stream, int events, long count);

    sealed class Log(StreamId stream)
    {
        public StreamId Stream => stream;

        public LinkedList<StreamEvent> Events { get; } = new();

        public List<Cursor> Cursors { get; } = [];
    }

    /// <summary>The position of one consumer in one stream.</summary>
    sealed class Cursor(EventCache cache, Log log, long first) : IQueueCacheCursor
    {
        long _next = first;
        StreamEvent? _current;
        bool _failed;

        long Lowest => _current?.Number ?? _next;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        /// <summary>Moves on: the agent does so when the current event was delivered.</summary>
        public bool MoveNext()
        {
            if (_failed)
            {
                _failed = false; // once more the same event
                return _current is not null;
            }

            _current = log.Events.FirstOrDefault(e => e.Number >= _next);
            _next = _current?.Number + 1 ?? _next;
            cache.Release(log, log.Cursors.Min(cursor => cursor.Lowest));
            return _current is not null;
        }

        /// <summary>The agent has tried for a minute. Orleans would skip the event; here it is kept until it is delivered.</summary>
        public void RecordDeliveryFailure() => _failed = true;

        public void Refresh(StreamSequenceToken token) { }

        public void Dispose() => cache.Remove(this, log);
    }
}
