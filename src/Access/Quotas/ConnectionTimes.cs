namespace CoKe.Access.Quotas;

/// <summary>How long connections wait for their peers. The times depend on each other, and on Orleans' own: a test holds them
/// together.</summary>
static class ConnectionTimes
{
    /// <summary>Of a caller for the handshake's end. It gives up before Orleans does (5 s), so that the reason is known.</summary>
    public static TimeSpan Caller { get; } = TimeSpan.FromSeconds(4);

    /// <summary>Of a listener, which only has to get rid of those who say nothing: longer than any caller waits.</summary>
    public static TimeSpan Listener { get; } = TimeSpan.FromSeconds(10);

    /// <summary>A peer that takes nothing for so long is cut off, with all that waits for it: it may ask for much and never read. One that
    /// has ended its side counts as gone after so long without an answer.</summary>
    public static TimeSpan Taken { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks at those that have said nothing, see <see cref="PortLimits.Patience"/>.</summary>
    public static TimeSpan SilentLook { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long accepting rests when no file is left, so that it does not take a processor.</summary>
    public static TimeSpan Rest { get; } = TimeSpan.FromMilliseconds(100);
}
