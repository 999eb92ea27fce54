using Orleans.Services;

namespace CoKe.Storage.Postgres;

/// <summary>One on every silo: tells a silo that has lost the database whether this one has it.</summary>
interface IDatabaseWitness : IGrainService
{
    /// <summary>Asks the database; where it answers, and has all along, declares a silo dead that cannot reach it, so that its runs go on
    /// at once.</summary>
    /// <param name="silo">The silo that gives way.</param>
    /// <returns>Whether this silo has the database, and had it while the other had not.</returns>
    Task<bool> TakeOverAsync(SiloAddress silo);
}
