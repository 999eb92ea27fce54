using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>
/// The messages of the open epoch that are not durable yet, and which of them must be sent (again). Thread safe: the trainer adds, the
/// senders take, the poller advances.
/// </summary>
sealed class SendWindow(int capacity)
{
    readonly Lock _lock = new();
    readonly SortedDictionary<long, MiniBatch> _kept = [];
    readonly SortedSet<long> _due = [];
    readonly HashSet<(BatchIdentity, ulong)> _replaced = [];
    TaskCompletionSource _room = New();
    TaskCompletionSource _work = New();
    Exception? _failure;
    bool _closed;

    public Exception? Failure
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>Completes when there is room; throws the session's failure.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            if (_failure is not null)
                return ValueTask.FromException(_failure);
            if (_kept.Count < capacity)
                return ValueTask.CompletedTask;
            if (_room.Task.IsCompleted)
                _room = New();
            return new(WaitAgain(_room.Task, cancellation));
        }
    }

    public void Add(MiniBatch message)
    {
        lock (_lock)
            Keep(message);
    }

    /// <summary>The message that the open refusal names, or null when that sequence has no open refusal.</summary>
    public MiniBatch? Refused(long sequence)
    {
        lock (_lock)
            return _failure is RefusedBatchException { Refusal.Identity: var id } && id.Sequence == sequence
                ? _kept.GetValueOrDefault(sequence)
                : null;
    }

    /// <summary>Puts a message in the place of the refused one, and takes that failure back.</summary>
    public void Replace(MiniBatch message)
    {
        lock (_lock)
        {
            if (_failure is RefusedBatchException { Refusal: var refusal })
            {
                _replaced.Add((refusal.Identity, refusal.ContentHash));
                _failure = null;
            }

            Keep(message);
        }
    }

    /// <summary>The session ends: nothing is taken any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _work.TrySetResult();
        }
    }

    /// <summary>The next message to send, in order of sequence; waits for one. Null when the session ends.</summary>
    public async Task<MiniBatch?> TakeAsync()
    {
        while (true)
        {
            Task work;
            lock (_lock)
            {
                if (_closed)
                    return null;
                if (_due.Count > 0)
                {
                    var sequence = _due.Min;
                    _due.Remove(sequence);
                    return _kept[sequence];
                }

                if (_work.Task.IsCompleted)
                    _work = New();
                work = _work.Task;
            }

            await work;
        }
    }

    /// <summary>Sequences of the open epoch below this one are forgotten.</summary>
    public long Forgotten { get; private set; }

    /// <summary>A new epoch: everything of the last one is durable.</summary>
    public void OpenEpoch()
    {
        Advance(long.MaxValue);
        lock (_lock)
            Forgotten = 0;
    }

    /// <summary>Forgets what is durable.</summary>
    public void Advance(long watermark)
    {
        lock (_lock)
        {
            Forgotten = Math.Max(Forgotten, watermark);
            while (_kept.Count > 0 && _kept.First().Key < watermark)
            {
                var sequence = _kept.First().Key;
                _kept.Remove(sequence);
                _due.Remove(sequence);
            }

            if (_kept.Count < capacity)
                _room.TrySetResult();
        }
    }

    /// <summary>Everything that is kept must be sent again.</summary>
    public void ResendAll()
    {
        lock (_lock)
        {
            foreach (var sequence in _kept.Keys)
                _due.Add(sequence);
            _work.TrySetResult();
        }
    }

    /// <summary>Forgets everything, and that the run was rolled back.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            if (_failure is not (null or RolledBackException or RefusedBatchException))
                throw _failure;
            _failure = null;
            _kept.Clear();
            _due.Clear();
            _room.TrySetResult();
        }
    }

    /// <summary>True when nothing is kept.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _kept.Count == 0;
        }
    }

    /// <summary>Ends the session for the trainer: every wait throws. The first failure stays, but one that can be mended gives
    /// way.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            if (_failure is null or RefusedBatchException or RolledBackException or RunFaultedException)
                _failure = failure;
            _room.TrySetResult();
        }
    }

    /// <summary>The run answers again: it is not at fault any more.</summary>
    public void Mend()
    {
        lock (_lock)
            if (_failure is RunFaultedException)
                _failure = null;
    }

    /// <summary>Refusals that a poll told: the first that is no message replaced since fails the session until it is replaced.</summary>
    public void Refuse(IReadOnlyList<Refusal> refusals)
    {
        lock (_lock)
        {
            if (_failure is not null || refusals.FirstOrDefault(r => !_replaced.Contains((r.Identity, r.ContentHash))) is not { } refusal)
                return;
            _failure = new RefusedBatchException(refusal);
            _room.TrySetResult();
        }
    }

    void Keep(MiniBatch message)
    {
        _kept[message.Identity.Sequence] = message;
        _due.Add(message.Identity.Sequence);
        _work.TrySetResult();
    }

    async Task WaitAgain(Task room, CancellationToken cancellation)
    {
        await room.WaitAsync(cancellation);
        await WaitForRoomAsync(cancellation);
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
