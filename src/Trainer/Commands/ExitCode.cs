namespace CoKe.Trainer.Commands;

/// <summary>What <c>coke-train</c> tells its caller.</summary>
static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Input was refused, or the work could not be brought to its end; standard error says why.</summary>
    public const int Refused = 1;

    /// <summary>Done, and everything is written, but an alarm stands; only where --fail-on-alarm asks for it. As <c>coke</c>'s.</summary>
    public const int AlarmStands = 4;

    /// <summary>Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;
}
