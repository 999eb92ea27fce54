using System.Runtime.CompilerServices;

namespace CoKe.Web.Watching;

/// <summary>
/// What many watch and only one looks at: while somebody watches there is one look a second, and whoever watches gets what it brought. So
/// fifty pages ask the silos as often as one.
/// </summary>
/// <param name="look">What is seen now. It tells its own troubles; what it throws ends the news for all who watch.</param>
/// <param name="time">Paces the looks.</param>
sealed class News(Func<CancellationToken, Task<NewsItem>> look, TimeProvider time)
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Nothing new is told again after that: whoever watches knows that it is not cut off.
    static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    int _watchers;
    CancellationTokenSource? _end;
    TaskCompletionSource<NewsItem> _next = New();
    NewsItem? _last;

    /// <summary>Nobody watches.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return _watchers == 0;
        }
    }

    /// <summary>What is known, then whatever is new; who is slow misses what is replaced meanwhile.</summary>
    public async IAsyncEnumerable<NewsItem> FollowAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Join();
        try
        {
            NewsItem? told = null;
            while (told is not { IsLast: true })
            {
                told = await NextAsync(told).WaitAsync(cancellation);
                yield return told;
            }
        }
        finally
        {
            Leave();
        }
    }

    Task<NewsItem> NextAsync(NewsItem? told)
    {
        lock (_lock)
            return _last is { } last && last != told ? Task.FromResult(last) : _next.Task;
    }

    void Join()
    {
        lock (_lock)
        {
            if (_watchers++ > 0)
                return;
            (_end, _last, _next) = (new CancellationTokenSource(), null, New());
            LookAsync(_end.Token).Ignore();
        }
    }

    void Leave()
    {
        lock (_lock)
        {
            if (--_watchers > 0)
                return;
            _end!.Cancel();
            _end.Dispose();
        }
    }

    async Task LookAsync(CancellationToken end)
    {
        try
        {
            var toldAt = time.GetTimestamp();
            while (!end.IsCancellationRequested)
            {
                var item = await look(end);
                if (_last is not { } last || !item.Says(last) || time.GetElapsedTime(toldAt) >= LongestSilence)
                {
                    Tell(item, end);
                    toldAt = time.GetTimestamp();
                }

                await Task.Delay(Period, time, end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
        catch (Exception e)
        {
            lock (_lock)
                if (!end.IsCancellationRequested)
                    _next.TrySetException(e);
        }
    }

    void Tell(NewsItem item, CancellationToken end)
    {
        lock (_lock)
        {
            if (end.IsCancellationRequested)
                return;
            var next = _next;
            (_last, _next) = (item, New());
            next.TrySetResult(item);
        }
    }

    static TaskCompletionSource<NewsItem> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>One thing to tell: an event of a stream of server-sent events.</summary>
/// <param name="kind">Its name.</param>
/// <param name="words">Its data: JSON in UTF-8, in one line.</param>
/// <param name="isLast">Nothing follows.</param>
sealed class NewsItem(string kind, byte[] words, bool isLast = false)
{
    public string Kind => kind;

    public byte[] Words => words;

    public bool IsLast => isLast;

    /// <summary>Whether it says what another does.</summary>
    public bool Says(NewsItem other) => kind == other.Kind && words.AsSpan().SequenceEqual(other.Words);
}
