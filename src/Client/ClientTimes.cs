using CoKe.Errors;

namespace CoKe.Client;

/// <summary>
/// How long clients and sessions wait. They depend on each other, on <see cref="CoKe.Abstractions.CallTimeouts"/> and on how soon a silo
/// answers: a test holds them together.
/// </summary>
static class ClientTimes
{
    /// <summary>Of what failed because a silo is away or recovers: often enough that nobody notices, and no load for a silo that comes
    /// back.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For as long as a session is patient.</summary>
    public static Retry Passing { get; } = Retry.WithPauses(Pause, Pause);

    /// <summary>Of what is answered in moments: who asks a silo that is gone without a word should not wait for the 30 s of a lost
    /// call.</summary>
    public static TimeSpan Soon { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Of what moves data, or wakes a run; when it takes longer, it is only asked for once more.</summary>
    public static TimeSpan Later { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client asks, unless it is told; two calls that move data at least.</summary>
    public static TimeSpan ClientGivesUp { get; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a session asks, unless it is told: a trainer that runs for days outlives a restart of the silos.</summary>
    public static TimeSpan SessionGivesUp { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Between two reports of a trainer: several before it would count as silent, and no load.</summary>
    public static TimeSpan Report { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Without progress for so long a session sends everything again: longer than a poll waits for news.</summary>
    public static TimeSpan Resend { get; } = TimeSpan.FromSeconds(5);
}
