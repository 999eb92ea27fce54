namespace CoKe.Silo.Settings;

/// <summary>How long a silo's process waits. A test holds these times together with those of its grains and its database.</summary>
static class SiloTimes
{
    /// <summary>
    /// Of a stop that was asked for. The silo hands its runs over first (<see cref="Grains.Hosting.StopOptions.HandOverTime"/>), and
    /// Orleans needs the rest; the default would end the process after 2 s.
    /// </summary>
    public static TimeSpan Stop { get; } = TimeSpan.FromSeconds(30);

    /// <summary>A silo that gave no sign of life for three looks at the table, 15 s, no longer counts.</summary>
    public static TimeSpan UntilTheDeadAreForgotten { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Of the answer of the health page, which may have waited for a ping of the database; supervisors ask every 5 s.</summary>
    public static TimeSpan Health { get; } = TimeSpan.FromSeconds(4);
}
