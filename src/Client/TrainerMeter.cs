using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>
/// What a trainer tells of itself: what its session measures, and what the trainer says. The trainer's thread writes it and never waits;
/// whoever sends it asks now and then.
/// </summary>
/// <param name="time">The clock of rates.</param>
sealed class TrainerMeter(TimeProvider time)
{
    const int MostSamples = 10; // one for every report: some ten seconds

    readonly Lock _lock = new();
    readonly Queue<Sample> _samples = new([new Sample(time.GetTimestamp(), 0, TimeSpan.Zero)]);
    TrainerReport _told = new(TrainerReport.PrintableHost(Environment.MachineName), Environment.ProcessId);
    CancellationTokenSource _urgent = new();
    TimeSpan _waited;
    int _waiting;
    long? _waitingSince;
    long _images;

    /// <summary>How long the trainer has waited in all.</summary>
    public TimeSpan Waited
    {
        get
        {
            lock (_lock)
                return _waited;
        }
    }

    /// <summary>Signaled when something was told that must not wait for the next report: the trainer may be about to end. Another one after
    /// every report.</summary>
    public CancellationToken Urgent
    {
        get
        {
            lock (_lock)
                return _urgent.Token;
        }
    }

    /// <summary>So many images were handed over.</summary>
    public void Count(int images) => Interlocked.Add(ref _images, images);

    /// <summary>Takes what the trainer says; what is null stays as it was said last.</summary>
    /// <exception cref="InvalidReportException">It is out of range; nothing is taken.</exception>
    public void Tell(double? loss, double? learningRate, int? lastEpoch)
    {
        CancellationTokenSource? urgent = null;
        lock (_lock)
        {
            var next = _told with
            {
                Loss = loss ?? _told.Loss,
                LearningRate = learningRate ?? _told.LearningRate,
                LastEpoch = lastEpoch ?? _told.LastEpoch,
            };
            next.Validate();
            if (IsNone(next.Loss) && !IsNone(_told.Loss))
                urgent = _urgent;
            _told = next;
        }

        urgent?.Cancel();
    }

    /// <summary>Waits for something of the trainer's, and counts how long.</summary>
    public async ValueTask WaitAsync(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        // Several may wait at once; that is counted once, from the first to the last.
        lock (_lock)
        {
            if (_waiting++ == 0)
                _waitingSince = time.GetTimestamp();
        }

        try
        {
            await task;
        }
        finally
        {
            lock (_lock)
            {
                if (--_waiting == 0)
                {
                    _waited += time.GetElapsedTime(_waitingSince!.Value);
                    _waitingSince = null;
                }
            }
        }
    }

    /// <summary>The next report: rate and waited share since the one before the last ten.</summary>
    public TrainerReport Take()
    {
        lock (_lock)
        {
            if (_urgent.IsCancellationRequested)
                _urgent = new CancellationTokenSource();
            var waiting = _waitingSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
            var now = new Sample(time.GetTimestamp(), Interlocked.Read(ref _images), _waited + waiting);
            var first = _samples.Peek();
            _samples.Enqueue(now);
            if (_samples.Count > MostSamples)
                _samples.Dequeue();
            var seconds = time.GetElapsedTime(first.At, now.At).TotalSeconds;
            return seconds <= 0
                ? _told
                : _told with
                {
                    ImagesPerSecond = (now.Images - first.Images) / seconds,
                    WaitedShare = Math.Clamp((now.Waited - first.Waited).TotalSeconds / seconds, 0, 1),
                };
        }
    }

    static bool IsNone(double? loss) => loss is { } number && !double.IsFinite(number);

    /// <summary>What was counted at a time.</summary>
    readonly record struct Sample(long At, long Images, TimeSpan Waited);
}
