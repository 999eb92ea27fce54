namespace CoKe.Grains.Sequencing;

/// <summary>
/// How fast a run is, for people. It has no clock: whoever tells it of a step says when that was, as the time since the incarnation began.
/// </summary>
/// <param name="scans">The open epoch is the scan, which is faster than those that train.</param>
sealed class RunPace(bool scans)
{
    // A step that takes longer than the window: so many times the pause before the last one, and the next one is late.
    const double LateBeyond = 3;

    static readonly TimeSpan _window = TimeSpan.FromSeconds(10),
        _bucket = TimeSpan.FromMilliseconds(50);

    readonly Queue<Mark> _marks = new(); // of the window, and two at least; one of a bucket
    Mark? _last,
        _lastBefore,
        _before,
        _epoch;
    bool _scans = scans;

    /// <summary>A step was processed.</summary>
    /// <param name="at">When.</param>
    /// <param name="rows">Images of the run so far.</param>
    public void Add(TimeSpan at, long rows)
    {
        var mark = new Mark(at, rows);
        (_lastBefore, _last) = (_last, mark);
        if (!_scans)
            _epoch ??= mark; // what came before the first step was no training
        if (_marks.Count == 0 || at - _marks.Last().At >= _bucket)
            _marks.Enqueue(mark);
        Forget(at);
    }

    /// <summary>The next epoch is open.</summary>
    /// <param name="at">Since when.</param>
    /// <param name="rows">Images of the run so far.</param>
    public void OpenEpoch(TimeSpan at, long rows)
    {
        _before = _scans ? null : _epoch;
        (_epoch, _scans) = (new Mark(at, rows), false);
    }

    /// <summary>Steps come, and the next one is not late.</summary>
    public bool IsGoingOn(TimeSpan now) =>
        _last is { } last
        && now - last.At
            <= (_lastBefore is { } before && LateBeyond * (last.At - before.At) is var slow && slow > _window ? slow : _window);

    /// <summary>Images per second over the window, or over the last two steps where these are further apart.</summary>
    public double ImagesPerSecond(TimeSpan now)
    {
        if (!IsGoingOn(now))
            return 0;
        Forget(now);
        return PerSecond(_marks.Peek(), now);
    }

    /// <summary>Images per second since the epoch before began, pauses at its end included; null: nothing was trained yet.</summary>
    public double? Mean(TimeSpan now) => (_before ?? _epoch) is { } since && PerSecond(since, now) is var mean && mean > 0 ? mean : null;

    double PerSecond(Mark since, TimeSpan now) =>
        now > since.At && _last is { } last ? (last.Rows - since.Rows) / (now - since.At).TotalSeconds : 0;

    void Forget(TimeSpan now)
    {
        while (_marks.Count > 2 && now - _marks.Peek().At > _window)
            _marks.Dequeue();
    }

    /// <summary>Where the run stood at a time.</summary>
    readonly record struct Mark(TimeSpan At, long Rows);
}
