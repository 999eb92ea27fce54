using CoKe.Abstractions;
using CoKe.Abstractions.Storage;

namespace CoKe.Client;

/// <summary>Errors after which the same is asked again.</summary>
static class PassingErrors
{
    /// <summary>
    /// Errors that say nothing of the message or the question: a silo is busy, gone, unreachable, or starts or stops and cancels what it
    /// was asked.
    /// </summary>
    public static bool IsPassing(Exception e) =>
        e
            is TimeoutException
                or OrleansException
                or IOException
                or OperationCanceledException
                or RunRecoveringException
                // Of the silos that the client knows for the moment none offers the grain: its only silo died, and the next one starts.
                or ArgumentException { Source: "Orleans.Core" };

    /// <summary>A trainer also waits for a database that is away or full; whoever only asks should hear of it at once.</summary>
    public static bool MayPass(Exception e) => IsPassing(e) || e is StorageFailedException;
}
