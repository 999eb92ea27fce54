using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>
/// Reads one queue for Orleans' pulling agent, and knows what of it is still undelivered. Used by its agent alone, whose scheduler runs one
/// thing at a time.
/// </summary>
sealed class QueueReceiver : IQueueAdapterReceiver
{
    readonly IStreamQueueGrain queue;
    readonly SortedSet<long> undelivered = [];
    Guid incarnation;
    long lastRead = -1; // of this incarnation

    // Added to the queue's numbers. It steps over all numbers given so far when the queue was re-activated and counts from 0 again:
    // Orleans' cursors would silently skip events with smaller numbers.
    long offset;

    public QueueReceiver(IStreamQueueGrain queue, ILogger logger)
    {
        this.queue = queue;
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
            var lowest = undelivered.Count > 0 ? undelivered.Min : lastRead + 1;
            slice = await queue.ReadAsync(incarnation, lastRead, lowest).AsTask().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return []; // an answer still on its way is lost, and read again by the next reader
        }

        if (slice.Incarnation != incarnation)
        {
            offset += lastRead + 1;
            (incarnation, lastRead) = (slice.Incarnation, -1);
            undelivered.Clear();
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
        lastRead = queued.Number;
        undelivered.Add(queued.Number);
        return new StreamEvent(offset + queued.Number, queued.Message);
    }

    void OnDelivered(StreamEvent delivered)
    {
        // Negative: an event of an activation that is gone, and with it what there was to let go.
        if (delivered.Number - offset is >= 0 and var number && undelivered.Remove(number))
        {
            queue.DeliveredAsync(incarnation, number).AsTask().Ignore(); // when it is lost, the next read tells
        }
    }
}
