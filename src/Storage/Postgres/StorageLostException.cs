using CoKe.Errors;

namespace CoKe.Storage.Postgres;

/// <summary>A silo alone has lost the database that its cluster lives in, and gives way.</summary>
/// <param name="place">Database, host and port.</param>
/// <param name="seconds">How long it has not answered.</param>
/// <param name="other">The silo that has it.</param>
sealed class StorageLostException(string place, double seconds, SiloAddress other)
    : CokeException(
        "connection",
        place,
        $"This silo gives way, because it alone has lost the PostgreSQL database {place}, for {seconds:F0} s: "
            + $"the silo {other.Endpoint} has it, and goes on with the runs. "
            + "Mend the way from this machine to the database, and start the silo again."
    )
{ }
