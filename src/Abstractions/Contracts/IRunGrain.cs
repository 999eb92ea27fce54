using CoKe.Access.Rights;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>A run, keyed by its name: owns the validated specification and the generations of its trainers.</summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Creates the run and starts its grains. Creating it again with the same specification changes nothing.</summary>
    /// <exception cref="RunConflictException">The run exists with another specification.</exception>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">A field of the specification is out of range.</exception>
    [Needs(Right.Feed), ResponseTimeout(CallTimeouts.Start)]
    Task<RunStatus> CreateAsync(RunSpecification specification);

    /// <summary>The generation of a rank's present trainer; 0: none has come yet.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="runId">The id that the run must have; null: whichever run has the name.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">The rank is not one of the run's.</exception>
    [Needs(Right.Feed)]
    Task<int> GetGenerationAsync(int rank, string? runId = null);

    /// <summary>
    /// Admits a trainer to a rank and fences the trainer that had it before. Repeated by the same trainer it answers the same; a request
    /// that arrives late, after another trainer was admitted, admits nobody.
    /// </summary>
    /// <param name="rank">The rank.</param>
    /// <param name="trainer">A name that no other trainer has ever had.</param>
    /// <param name="after">The generation that this trainer is to replace, from <see cref="GetGenerationAsync"/>.</param>
    /// <param name="runId">The id that the run must have: what comes late takes no rank of a later run of the name; null: whichever run has
    /// the name.</param>
    /// <exception cref="FencedTrainerException">Another trainer has taken the rank meanwhile.</exception>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">The rank is not one of the run's.</exception>
    [Needs(Right.Feed)]
    Task<TrainerRegistration> RegisterTrainerAsync(int rank, string trainer, int after, string? runId = null);

    /// <summary>
    /// Notes durably that a rank's trainer is done. The run has finished when every rank's present trainer is; a newer trainer of a rank
    /// opens it again. Repeated, it changes nothing.
    /// </summary>
    /// <param name="rank">The rank.</param>
    /// <param name="generation">That of the trainer: one that was replaced changes nothing.</param>
    /// <param name="runId">The id that the run must have; null: whichever run has the name.</param>
    /// <exception cref="FencedTrainerException">Another trainer has taken the rank.</exception>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">No trainer has that generation.</exception>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">The rank is not one of the run's.</exception>
    [Needs(Right.Feed)]
    Task FinishAsync(int rank, int generation, string? runId = null);

    /// <summary>The run's unrepeatable id; also of a run whose deletion was interrupted.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    [Needs(Right.Feed)]
    Task<string> GetRunIdAsync();

    /// <summary>Goes back to the last committed boundary.</summary>
    /// <param name="runId">The id that the run must have; null: whichever run has the name.</param>
    /// <param name="leaving">The attempt that is left, so that repeating it does not go back twice: a run that has left it stays as it is.
    /// Null: whichever attempt it is in.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="AttemptConflictException">The run has not come to that attempt.</exception>
    [Needs(Right.Administer), ResponseTimeout(CallTimeouts.Start)]
    Task<RunStatus> RestoreAsync(string? runId = null, int? leaving = null);

    /// <summary>
    /// Removes the run of this id and everything it stored. A deletion that was interrupted is finished by repeating it; one that comes
    /// late does not touch a later run of the name.
    /// </summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    [Needs(Right.Administer), ResponseTimeout(CallTimeouts.Start)]
    Task DeleteAsync(string runId);

    /// <summary>What the sequencer of <paramref name="runId"/> needs to know.</summary>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<RunDescription> DescribeAsync(string runId);

    /// <summary>The initial centers that were given, one K x d block per head.</summary>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<IReadOnlyList<FloatValues>> GetInitialCentersAsync(string runId);

    /// <summary>The run, live.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    [Needs(Right.Feed)]
    Task<RunStatus> GetStatusAsync();
}

/// <summary>The names of all runs.</summary>
public interface IRunCatalogGrain : IGrainWithStringKey
{
    /// <summary>Adds a name; adding it again changes nothing.</summary>
    [Needs(Right.Cluster)]
    Task AddAsync(string name);

    /// <summary>Removes a name; removing it again changes nothing.</summary>
    [Needs(Right.Cluster)]
    Task RemoveAsync(string name);

    /// <summary>All names, sorted.</summary>
    [Needs(Right.Feed)]
    Task<IReadOnlyList<string>> ListAsync();
}
