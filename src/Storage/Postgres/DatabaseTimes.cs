namespace CoKe.Storage.Postgres;

/// <summary>
/// How long a silo waits for its database, and how it finds that it alone has lost it. The times depend on each other: a test holds them
/// together.
/// </summary>
static class DatabaseTimes
{
    /// <summary>Seconds until a server must have taken a connection.</summary>
    public const int Connect = 5;

    /// <summary>Seconds of a statement on the grains' rows: large rows take a second at most.</summary>
    public const int Row = 10;

    /// <summary>Seconds of a statement on the membership. They are small, and a silo counts as dead after a few of them: below
    /// <see cref="Row"/>.</summary>
    public const int Membership = 4;

    /// <summary>Longer than any answer to SELECT 1 of a server that works, and short enough for the health page to say so within 5
    /// s.</summary>
    public static TimeSpan Ping { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two looks at the database, each of which is a <see cref="Ping"/>: no look begins before the last is over.</summary>
    public static TimeSpan Look { get; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After this silence a silo gives way to one that has the database, and so long another must have had it. A server that starts again,
    /// or a network that hiccups, is back before; a run should not stand still for much longer. More than two <see cref="Look"/>s: one that
    /// was missed is no silence.
    /// </summary>
    public static TimeSpan Steady { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Of the answer of another silo, which asks its own database for a <see cref="Ping"/>: longer than that.</summary>
    public static TimeSpan Witness { get; } = TimeSpan.FromSeconds(4);

    /// <summary>Clocks of machines that are kept in step differ by less.</summary>
    public static TimeSpan ClockTolerance { get; } = TimeSpan.FromSeconds(30);
}
