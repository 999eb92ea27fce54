using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace CoKe.Streams;

/// <summary>
/// One queue of the streams: accepts messages, hands them to whoever reads, and keeps each until it was delivered. Calls
/// interleave, because some of them wait; after a wait a call looks at the state afresh and changes nothing.
/// </summary>
[Reentrant, KeepAlive, Immovable, QueuePlacement]
public sealed partial class StreamQueueGrain(
    QueueProducer producer,
    QueueHomes homes,
    ISiloStatusOracle silos,
    TimeProvider time,
    IOptions<QueueStreamOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<StreamQueueGrain> logger
) : Grain, IStreamQueueGrain
{
    // One answer is far below Orleans' limit of 100 MiB, and a reader gets its first messages while the rest still travels.
    const int ReadBytes = 2 << 20;

    readonly Guid _incarnation = Guid.NewGuid(); // a name only: nothing is computed from it
    readonly LinkedList<QueuedMessage> _held = new();
    readonly Dictionary<long, LinkedListNode<QueuedMessage>> _nodes = [];
    readonly Signal _arrived = new();
    readonly Signal _freed = new();
    long _nextNumber;
    long _heldBytes;
    long _waitingBytes;
    long _peakBytes;
    AdmitMessage? _admit;
    bool _isRead;
    long _looked;
    volatile bool _leaving;

    /// <summary>What it holds, from any thread.</summary>
    internal (int Messages, long Bytes) Held => (_held.Count, Interlocked.Read(ref _heldBytes));

    bool IsFullFor(StreamMessage message) => _heldBytes > 0 && _heldBytes + message.Bytes > options.Value.MostQueueBytes;

    bool HasRoom => _heldBytes < options.Value.QueueBytes;

    /// <inheritdoc/>
    public async ValueTask<Admittance> EnqueueAsync(StreamMessage message)
    {
        ThrowIfNobodyReads();
        options.Value.Check(message);
        if (IsFullFor(message))
        {
            return Admittance.Full;
        }

        var admitted = _admit?.Invoke(message) ?? Task.CompletedTask;
        if (!admitted.IsCompleted)
        {
            // It is looked at, which a slow database can draw out. What nobody has let in yet has a room of its own.
            var bytes = message.Bytes;
            if (_waitingBytes > 0 && _waitingBytes + bytes > options.Value.MaxMessageBytes)
            {
                admitted.Ignore();
                return Admittance.Full;
            }

            _waitingBytes += bytes;
            try
            {
                await admitted;
            }
            finally
            {
                _waitingBytes -= bytes;
            }

            if (IsFullFor(message))
            {
                return Admittance.Full;
            }
        }

        await admitted;
        var queued = new QueuedMessage(_nextNumber++, message);
        _nodes.Add(queued.Number, _held.AddLast(queued));
        _heldBytes += message.Bytes;
        _peakBytes = Math.Max(_peakBytes, _heldBytes);
        _arrived.Fire();
        return HasRoom ? Admittance.Room : Admittance.Last;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> WaitForRoomAsync()
    {
        LeaveIfNobodyReads();
        if (!HasRoom)
        {
            await _freed.WaitAsync(QueueTimes.Wait, CancellationToken.None);
        }

        return HasRoom;
    }

    /// <inheritdoc/>
    public async ValueTask<QueueSlice> ReadAsync(Guid incarnation, long after, long delivered)
    {
        if (incarnation != _incarnation)
        {
            (after, delivered) = (-1, 0);
        }

        while (_held.First is { } oldest && oldest.Value.Number < delivered)
        {
            Release(oldest);
        }

        if (LeavesForItsReader())
        {
            return new QueueSlice(_incarnation, []);
        }

        if (_held.Last is null || _held.Last.Value.Number <= after)
        {
            // A silo that stops does not wait for readers to get bored.
            await _arrived.WaitAsync(QueueTimes.Wait, lifetime.ApplicationStopping);
        }

        return new QueueSlice(_incarnation, After(after));
    }

    /// <inheritdoc/>
    public ValueTask DeliveredAsync(Guid incarnation, long number)
    {
        if (incarnation == _incarnation && _nodes.TryGetValue(number, out var node))
        {
            Release(node);
            LeavesForItsReader();
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<QueueLoad> GetLoadAsync()
    {
        LeaveIfNobodyReads();
        return new(new QueueLoad(_held.Count, _heldBytes, _peakBytes));
    }

    /// <summary>
    /// Silos have come or gone, and its reader with them: when nothing is held that would have to travel, the queue follows. It looks now
    /// and then only: as long as views of the cluster differ, it must not go to and fro with every message.
    /// </summary>
    bool LeavesForItsReader()
    {
        if (_held.Count > 0 || time.GetElapsedTime(_looked) < QueueTimes.Look)
        {
            return false;
        }

        _looked = time.GetTimestamp();
        var home = homes.Of(this.GetPrimaryKeyString(), [.. silos.GetActiveSilos().Select(silo => silo.ToParsableString())]);
        if (home is null || home == silos.SiloAddress.ToParsableString())
        {
            return false;
        }

        _leaving = true; // what is let in before it has gone is handed on
        GrainContext.Migrate(null); // its successor is made first: silos that remember the old place would make one here
        _arrived.Fire(); // a read that waits would keep it
        return true;
    }

    /// <summary>The silo stops: what is held goes on to the queue's next activation. From any thread.</summary>
    internal void GoAway()
    {
        _leaving = true;
        GrainContext.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo leaves."));
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _admit = ServiceProvider.GetService<AdmitMessage>();
        _looked = time.GetTimestamp();
        _isRead = producer.IsRead(this.GetPrimaryKeyString());
        ServiceProvider.GetRequiredService<LocalQueues>().Enter(this);
        return base.OnActivateAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var queues = ServiceProvider.GetRequiredService<LocalQueues>();
        queues.Leave(this);
        if (_leaving)
        {
            // They wait at this activation, which serves nobody any more, and follow everybody else to the next one when it is gone.
            var next = this.AsReference<IStreamQueueGrain>();
            foreach (var queued in _held)
            {
                next.EnqueueAsync(queued.Message).AsTask().Ignore();
            }
        }
        else if (_held.Count > 0 && queues.Losses.IsTold(out var count))
        {
            LogLost(this.GetPrimaryKeyString(), _held.Count, _heldBytes, reason.ReasonCode, count);
        }

        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    void Release(LinkedListNode<QueuedMessage> node)
    {
        _held.Remove(node);
        _nodes.Remove(node.Value.Number);
        _heldBytes -= node.Value.Message.Bytes;
        if (HasRoom)
        {
            _freed.Fire();
        }
    }

    QueuedMessage[] After(long number)
    {
        // From the end: a reader that keeps up has everything but the last few.
        var first = _held.Last;
        while (first?.Previous is { } previous && previous.Value.Number > number)
        {
            first = previous;
        }

        var slice = new List<QueuedMessage>();
        var bytes = 0L;
        for (var node = first; node is not null && bytes < ReadBytes; node = node.Next)
        {
            if (node.Value.Number > number)
            {
                slice.Add(node.Value);
                bytes += node.Value.Message.Bytes;
            }
        }

        return [.. slice];
    }

    // Whoever names queues that nobody reads must not fill the memory with them.
    void LeaveIfNobodyReads()
    {
        if (!_isRead)
        {
            DeactivateOnIdle();
        }
    }

    void ThrowIfNobodyReads()
    {
        LeaveIfNobodyReads();
        var key = this.GetPrimaryKeyString();
        var count = key[(key.LastIndexOf('/') + 1)..];
        if (count != $"{options.Value.QueueCount}")
        {
            throw new InvalidOptionsException(
                nameof(QueueStreamOptions.QueueCount),
                count,
                $"The producer spreads the streams over {count} queues, the silo over {options.Value.QueueCount}; "
                    + "give both the same QueueCount."
            );
        }

        if (!_isRead)
        {
            throw new ArgumentException($"No stream maps to the queue '{key}'; send through the stream provider {producer.Name}.");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Queue {Queue} stops ({Reason}) with {Messages} undelivered messages of {Bytes} bytes; "
            + "their producers send them again. Queues that stopped so on this silo: {Count}."
    )]
    partial void LogLost(string queue, int messages, long bytes, DeactivationReasonCode reason, long count);
}
