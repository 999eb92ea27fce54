namespace CoKe.Client;

/// <summary>Answers that nobody may wait for any more.</summary>
static class Abandoning
{
    /// <summary>Waits for an answer; one that comes after the wait was given up is heard by nobody, even if it is a failure.</summary>
    public static Task<T> WaitOrIgnoreAsync<T>(this Task<T> answer, CancellationToken cancellation, TimeSpan? longest = null)
    {
        answer.Ignore();
        return answer.WaitAsync(longest ?? Timeout.InfiniteTimeSpan, cancellation);
    }
}
