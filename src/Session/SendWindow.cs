using CoKe.Abstractions;

namespace CoKe.Session;

/// <summary>
/// The messages of the open epoch that are not durable yet, and which of them must be sent (again). Thread safe: the trainer adds, the
/// senders take, the poller advances.
/// </summary>
internal sealed class SendWindow(int capacity)
{
    readonly Lock _lock = new();
    readonly SortedDictionary<long, MiniBatch> _kept = [];
    readonly SortedSet<long> _due = [];
    TaskCompletionSource _room = New();
    TaskCompletionSource _work = New();
    Exception? _failure;

    public Exception? Failure
    {
        get
        {
            lock (_lock) return _failure;
        }
    }

    /// <summary>Completes when there is room; throws the session's failure.</summary>
    public ValueTask WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (_failure is not null) return ValueTask.FromException(_failure);
            if (_kept.Count < capacity) return ValueTask.CompletedTask;
            if (_room.Task.IsCompleted) _room = New();
            return new(WaitAgain(_room.Task));
        }
    }

    public void Add(MiniBatch message)
    {
        lock (_lock)
        {
            _kept[message.Identity.Sequence] = message;
            _due.Add(message.Identity.Sequence);
            _work.TrySetResult();
        }
    }

    /// <summary>The next message to send, in order of sequence; waits for one. Null when the session ends.</summary>
    public async Task<MiniBatch?> TakeAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            Task work;
            lock (_lock)
            {
                if (_due.Count > 0)
                {
                    var sequence = _due.Min;
                    _due.Remove(sequence);
                    return _kept[sequence];
                }

                if (_work.Task.IsCompleted) _work = New();
                work = _work.Task;
            }

            await work.WaitAsync(end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>Forgets what is durable.</summary>
    public void Advance(long watermark)
    {
        lock (_lock)
        {
            while (_kept.Count > 0 && _kept.First().Key < watermark)
            {
                var sequence = _kept.First().Key;
                _kept.Remove(sequence);
                _due.Remove(sequence);
            }

            if (_kept.Count < capacity) _room.TrySetResult();
        }
    }

    /// <summary>Everything that is kept must be sent again.</summary>
    public void ResendAll()
    {
        lock (_lock)
        {
            foreach (var sequence in _kept.Keys) _due.Add(sequence);
            _work.TrySetResult();
        }
    }

    /// <summary>True when nothing is kept.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _kept.Count == 0;
        }
    }

    /// <summary>Ends the session for the trainer: every wait throws.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            _room.TrySetResult();
        }
    }

    /// <summary>Takes back a failure after the refused message was replaced.</summary>
    public void Recover()
    {
        lock (_lock) _failure = null;
    }

    async Task WaitAgain(Task room)
    {
        await room;
        await WaitForRoomAsync();
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
