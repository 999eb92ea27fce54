using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Silo.Hosting;

/// <summary>
/// Ends a silo that must not go on: the others hold it for dead, or Orleans found itself broken. One line says why. Orleans' own way prints
/// every frame of the stack twice and aborts 2 s later.
/// </summary>
sealed class FatalEnd(StartWatch start) : IFatalErrorHandler
{
    const int Failed = 1;

    // Orleans' words, in its reason for a silo that finds a later one of its address and port in the membership table.
    const string NewerSilo = "newer version of myself";

    public bool IsUnexpected(Exception exception) => true;

    /// <remarks>Does not return. Nothing is checkpointed or handed over: who is held for dead has nothing left to give.</remarks>
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        Console.Error.WriteLine(VisibleText.Sentence(Sentence(context, exception)));
        Environment.Exit(Failed);
    }

    // Only the membership table tells without an exception.
    internal string Sentence(string? context, Exception? exception) =>
        exception is CokeException known ? known.Message
        : exception is not null ? $"The silo cannot go on ({context}: {exception.Message.TrimEnd('.')}): start it again."
        : start.IsUnderWay && start.LastRefusal is { } refusal ? AccessSettings.Advise(refusal)
        : context?.Contains(NewerSilo, StringComparison.OrdinalIgnoreCase) == true
            ? "Another silo was started later on this address and port, and took this one's place: stop one of them, "
                + "or give it another --silo-port."
        : "The other silos hold this one for dead, because it did not answer them: start it again; runs went on without it.";
}
