namespace CoKe.Cli.CommandLine;

/// <summary>What <c>coke</c> tells its caller.</summary>
static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A comparison found a difference.</summary>
    public const int Different = 1;

    /// <summary>The database of a silo inside this process cannot be used; as the silo's own exit code.</summary>
    public const int StorageRefused = 1;

    /// <summary>Input was refused, or no silo answered; nothing was done.</summary>
    public const int Refused = 2;

    /// <summary>Done, and what was asked is written, but a cluster misses its minimum size; only where --strict asks for it.</summary>
    public const int MinimumMissed = 3;

    /// <summary>Done, and what was asked is written, but an alarm stands; only where --fail-on-alarm asks for it. As the
    /// trainer's.</summary>
    public const int AlarmStands = 4;

    /// <summary>Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;
}
