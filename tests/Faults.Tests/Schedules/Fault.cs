namespace CoKe.Faults.Tests.Schedules;

/// <summary>What a schedule does.</summary>
enum FaultKind
{
    /// <summary>kill -9 of a silo, which is started again.</summary>
    SiloKilled,

    /// <summary>SIGTERM of a silo, which is started again.</summary>
    SiloStopped,

    /// <summary>kill -9 of all silos, which are started again.</summary>
    EverySiloKilled,

    /// <summary>kill -9 of the trainer, which is started again.</summary>
    TrainerKilled,

    /// <summary>PostgreSQL stopped as by a crash, and started again.</summary>
    PostgresKilled,

    /// <summary>Every connection to the database cut.</summary>
    ConnectionsCut,
}

/// <summary>One fault of a schedule.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Silo">To which silo, if to one.</param>
/// <param name="Steps">How many steps the trainer pushes between the fault before and this one; 0: at the same time.</param>
sealed record Fault(FaultKind Kind, int Silo, int Steps)
{
    public override string ToString() => $"+{Steps} {Kind}{(Kind is FaultKind.SiloKilled or FaultKind.SiloStopped ? $" {Silo}" : "")}";
}
