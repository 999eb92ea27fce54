using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Runs;

/// <summary>What a run keeps: its specification, its unrepeatable id, and the generation of every rank.</summary>
[GenerateSerializer]
internal sealed class RunRecord
{
    [Id(0)]
    public string? RunId { get; set; }

    [Id(1)]
    public RunSpecification? Specification { get; set; }

    [Id(2)]
    public int[] Generations { get; set; } = [];
}

/// <summary>A run by its name: owns the validated specification and the trainers' generations, both durable before they are used.</summary>
[GrainType("run"), KeepAlive]
internal sealed class RunGrain([PersistentState("run")] IPersistentState<RunRecord> record) : Grain, IRunGrain
{
    string Name => this.GetPrimaryKeyString();

    public async Task<RunStatus> CreateAsync(RunSpecification specification)
    {
        if (specification.Name != Name) throw new InvalidOptionsException("name", specification.Name, $"This run is addressed as '{Name}'.");
        specification.Validate();
        if (record.State.Specification is { } existing)
        {
            if (!existing.IsSameAs(specification)) throw new RunConflictException(Name);
        }
        else
        {
            // The suffix only keeps a later run of this name from meeting grains and messages of an earlier one; no result depends on it.
            record.State.RunId = $"{Name}~{Guid.NewGuid():N}"[..(Name.Length + 9)];
            record.State.Specification = specification;
            record.State.Generations = new int[specification.Trainers];
            await record.WriteStateAsync();
        }

        await Sequencer.StartAsync(specification);
        await GrainFactory.GetGrain<IRunCatalogGrain>(Keys.Catalog).AddAsync(Name);
        return await GetStatusAsync();
    }

    public async Task<TrainerRegistration> RegisterTrainerAsync(int rank)
    {
        var (runId, specification) = Known();
        if (rank < 0 || rank >= specification.Trainers) throw new UnknownPartException("rank", rank, specification.Trainers);
        record.State.Generations[rank]++;
        await record.WriteStateAsync();
        await Sequencer.AdmitAsync(rank, record.State.Generations[rank]);
        return new TrainerRegistration(runId, rank, record.State.Generations[rank], specification.WithoutInitialCenters());
    }

    public Task<string> GetRunIdAsync() => Task.FromResult(Known().RunId);

    public async Task<RunStatus> GetStatusAsync()
    {
        Known();
        return await Sequencer.GetStatusAsync();
    }

    ISequencerGrain Sequencer => GrainFactory.GetGrain<ISequencerGrain>(record.State.RunId!);

    (string RunId, RunSpecification Specification) Known()
    {
        if (record.State is { RunId: { } id, Specification: { } specification }) return (id, specification);
        DeactivateOnIdle(); // a name that was only asked for must not stay
        throw new UnknownRunException(Name);
    }
}

/// <summary>The names of all runs.</summary>
[GrainType("runs")]
internal sealed class RunCatalogGrain([PersistentState("runs")] IPersistentState<SortedSet<string>> names) : Grain, IRunCatalogGrain
{
    public async Task AddAsync(string name)
    {
        if (names.State.Add(name)) await names.WriteStateAsync();
    }

    public Task<IReadOnlyList<string>> ListAsync() => Task.FromResult<IReadOnlyList<string>>([.. names.State]);
}
