namespace CoKe.Abstractions.Storage;

/// <summary>Recognizes trouble of the storage in what a storage call threw.</summary>
public static class StorageTrouble
{
    /// <summary>One clear sentence that names the storage and the remedy; null when the storage is not to blame, as in a conflict of
    /// versions.</summary>
    /// <param name="exception">What was caught; Orleans wraps what a provider throws, so inner exceptions are searched too.</param>
    public static string? Describe(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is StorageFailedException or StorageRefusedException)
                return current.Message;
            if (
                current is AggregateException several
                && several.InnerExceptions.Select(Describe).FirstOrDefault(text => text is not null) is { } sentence
            )
                return sentence;
        }
        return null;
    }
}
