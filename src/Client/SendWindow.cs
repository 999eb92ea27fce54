using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>
/// How far the open epoch is, its messages that are not durable yet, and which of them must be sent (again). Thread safe: the trainer adds,
/// the senders take, the poller advances.
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
    volatile OpenEpoch _open = new(0, 0);
    bool _closed;

    /// <summary>How far the trainer is.</summary>
    public OpenEpoch Open => _open;

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

    /// <summary>The next mini-batch of the open epoch, or its end.</summary>
    public void Add(MiniBatch message)
    {
        lock (_lock)
        {
            Keep(message);
            _open = message.IsEnd ? _open with { IsEnding = true } : _open with { Next = message.Identity.Sequence + 1 };
        }
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
    public void Begin(int epoch, int attempt)
    {
        lock (_lock)
        {
            Advance(long.MaxValue);
            Forgotten = 0;
            _open = new OpenEpoch(epoch, attempt);
        }
    }

    /// <summary>Takes another attempt of the open epoch, of which nothing was pushed.</summary>
    public void Adopt(int attempt)
    {
        lock (_lock)
            _open = _open with { Attempt = attempt };
    }

    /// <summary>What a poll told: what is durable of the open epoch, or that it was rolled back.</summary>
    public void Follow(Progress news, string run)
    {
        // Under one lock with what the trainer does: of an epoch that it has begun anew no roll-back is told.
        lock (_lock)
        {
            if (news.Epoch != _open.Epoch)
                return;
            if (news.Attempt == _open.Attempt)
                Advance(news.DurableWatermark);
            else if (_open.HasBegun)
                Fail(new RolledBackException(run, news.Epoch, news.Attempt));
        }
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

    /// <summary>Forgets everything, and that the run was rolled back; begins an epoch.</summary>
    public void Restart(int epoch, int attempt)
    {
        lock (_lock)
        {
            if (_failure is not (null or RolledBackException or RefusedBatchException))
                throw _failure;
            _failure = null;
            _kept.Clear();
            _due.Clear();
            Begin(epoch, attempt);
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
