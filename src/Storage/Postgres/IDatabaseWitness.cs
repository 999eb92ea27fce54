using Orleans.Services;

namespace CoKe.Storage.Postgres;

/// <summary>One on every silo: tells a silo that has lost the database whether this one has it.</summary>
internal interface IDatabaseWitness : IGrainService
{
    /// <summary>Asks the database; where it answers, declares a silo dead that cannot reach it, so that its runs go on at once.</summary>
    /// <param name="silo">The silo that gives way.</param>
    /// <returns>Whether the database answers here.</returns>
    Task<bool> TakeOverAsync(SiloAddress silo);
}
