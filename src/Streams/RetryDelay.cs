using Orleans.Runtime.Providers;

namespace CoKe.Streams;

/// <summary>How long a reader waits before it tries again: 50 ms, doubled up to a second. Orleans' own goes up to 30 s.</summary>
sealed class RetryDelay : IMessageDeliveryBackoffProvider, IQueueReaderBackoffProvider
{
    public TimeSpan Next(int attempt) => TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(attempt, 5), 1000));
}
