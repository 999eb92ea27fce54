using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>
/// Reads one queue for Orleans' pulling agent, and knows what of it is still undelivered. Used by its agent alone, whose scheduler runs one
/// thing at a time.
/// </summary>
sealed class QueueReceiver : IQueueAdapterReceiver
{
    readonly IStreamQueueGrain _queue;
    readonly SortedSet<long> _undelivered = [];
    Guid _incarnation;
    long _lastRead = -1; // of this incarnation

    // Added to the queue's numbers. It steps over all numbers given so far when the queue was re-activated and counts from 0 again:
    // Orleans' cursors would silently skip events with smaller numbers.
    long _offset;

    public QueueReceiver(IStreamQueueGrain queue, ILogger logger)
    {
        _queue = queue;
        Cache = new EventCache(OnDelivered, logger);
    }

    /// <summary>What was read and is not delivered yet.</summary>
    public EventCache Cache { get; }

    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        Cache.DropUnsubscribed();

        // The agent cancels when it stops, before it drops its cursors: what they have not delivered must stay in the queue.
        await using var closing = cancellationToken.Register(Cache.Close);
        QueueSlice slice;
        try
        {
            var lowest = _undelivered.Count > 0 ? _undelivered.Min : _lastRead + 1;
            slice = await _queue.ReadAsync(_incarnation, _lastRead, lowest).AsTask().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return []; // an answer still on its way is lost, and read again by the next reader
        }

        if (slice.Incarnation != _incarnation)
        {
            _offset += _lastRead + 1;
            (_incarnation, _lastRead) = (slice.Incarnation, -1);
            _undelivered.Clear();
        }

        return [.. slice.Messages.Select(Receive)];
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask; // the cache told already

    public Task Shutdown(TimeSpan timeout)
    {
        Cache.Close();
        return Task.CompletedTask;
    }

    IBatchContainer Receive(QueuedMessage queued)
    {
        _lastRead = queued.Number;
        _undelivered.Add(queued.Number);
        return new StreamEvent(_offset + queued.Number, queued.Message);
    }

    void OnDelivered(StreamEvent delivered)
    {
        // Negative: an event of an activation that is gone, and with it what there was to let go.
        if (delivered.Number - _offset is >= 0 and var number && _undelivered.Remove(number))
        {
            _queue.DeliveredAsync(_incarnation, number).AsTask().Ignore(); // when it is lost, the next read tells
        }
    }
}
