namespace CoKe.Cli.CommandLine;

/// <summary>What a command needs of the silo it talks to, which decides where that is when the command line does not say.</summary>
enum SiloNeed
{
    /// <summary>Runs that exist: a running silo; with --embedded, one on a database that is there.</summary>
    ExistingRuns,

    /// <summary>A place where a run can stay: a silo inside this process, on a database that is made when there is none.</summary>
    PlaceForARun,

    /// <summary>A silo for a moment: one inside this process that keeps nothing.</summary>
    Scratch,
}
