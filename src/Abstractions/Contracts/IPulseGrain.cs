using CoKe.Access.Rights;

namespace CoKe.Abstractions;

/// <summary>
/// Answers at once in whichever silo it is asked. It tells a gateway whose silo stands still from one whose answers take long: a process
/// that is stopped, or a machine that is cut off, closes no connection. Keys mean nothing; a client sends what is for one key by one
/// gateway.
/// </summary>
public interface IPulseGrain : IGrainWithIntegerKey
{
    /// <summary>Answers.</summary>
    [Needs(Right.Feed), ResponseTimeout(CallTimeouts.Repeated)]
    Task BeatAsync();
}
