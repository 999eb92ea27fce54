using Orleans.Runtime.Providers;

namespace CoKe.Streams;

/// <summary>How long a reader waits before it tries again. Orleans' own goes up to 30 s.</summary>
sealed class RetryDelay : IMessageDeliveryBackoffProvider, IQueueReaderBackoffProvider
{
    public TimeSpan Next(int attempt) => QueueTimes.Reading.Pause(attempt);
}
