namespace CoKe.Simulation;

/// <summary>What may lose its point before its time: a timeout that was met, a timer that was stopped. Dropped without counting as an
/// event.</summary>
interface ICancelable
{
    bool IsCancelled { get; }
}

/// <summary>Events by time, then by the order in which they were scheduled.</summary>
sealed class EventQueue
{
    Entry[] _heap = new Entry[256];
    int _count;
    long _order;

    /// <summary>Virtual time in ticks of 100 ns.</summary>
    public long Now { get; private set; }

    public int Count => _count;

    public void Add(long time, Action<object?> run, object? state)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, 2 * _count);
        var entry = new Entry(Math.Max(time, Now), _order++, run, state);
        var i = _count++;
        for (var parent = (i - 1) / 4; i > 0 && entry.IsBefore(_heap[parent]); parent = (i - 1) / 4)
        {
            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = entry;
    }

    /// <summary>The time of the next event that still has a point.</summary>
    public bool TryPeek(out long time)
    {
        while (_count > 0)
        {
            if (_heap[0].State is ICancelable { IsCancelled: true })
            {
                RemoveFirst();
                continue;
            }

            time = _heap[0].Time;
            return true;
        }

        time = 0;
        return false;
    }

    /// <summary>Takes the event that <see cref="TryPeek"/> found, and moves the clock to it.</summary>
    public (Action<object?> Run, object? State) Take()
    {
        var first = _heap[0];
        RemoveFirst();
        Now = first.Time;
        return (first.Run, first.State);
    }

    /// <summary>Moves the clock when nothing happens before <paramref name="time"/>.</summary>
    public void AdvanceTo(long time) => Now = Math.Max(Now, time);

    void RemoveFirst()
    {
        var last = _heap[--_count];
        _heap[_count] = default;
        if (_count == 0)
            return;
        var i = 0;
        while (true)
        {
            var child = 4 * i + 1;
            if (child >= _count)
                break;
            var best = child;
            for (var c = child + 1; c < Math.Min(child + 4, _count); c++)
            {
                if (_heap[c].IsBefore(_heap[best]))
                    best = c;
            }

            if (!_heap[best].IsBefore(last))
                break;
            _heap[i] = _heap[best];
            i = best;
        }

        _heap[i] = last;
    }

    readonly record struct Entry(long Time, long Order, Action<object?> Run, object? State)
    {
        public bool IsBefore(in Entry other) => Time < other.Time || (Time == other.Time && Order < other.Order);
    }
}
