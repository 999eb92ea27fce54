using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Orleans.Storage;

namespace CoKe.Grains.Runs;

/// <summary>A run by its name: owns the validated specification and the trainers' generations, both durable before they are used. Calls
/// interleave.</summary>
sealed class Run(
    string name,
    ActorWorld world,
    RunReservations reservations,
    RunLayout layout,
    int leastWindow,
    Func<string> newSuffix,
    Action deactivate
)
{
    readonly SemaphoreSlim _turn = new(1);
    int _creating;

    public async Task<RunStatus> CreateAsync(RunSpecification specification)
    {
        if (specification.Name != name)
            throw new InvalidOptionsException("name", specification.Name, $"This run is addressed as '{name}'.");
        specification.Validate();
        _creating++;
        try
        {
            var record = await KnownOrNewAsync(specification);
            if (!record.Specification.IsSameAs(specification.WithoutInitialCenters()) || !await HasSameCenters(record, specification))
                throw new RunConflictException(name);
            await world.Grains.GetGrain<IRunCatalogGrain>(Keys.Catalog).AddAsync(name);
            await SequencerOf(record).StartAsync();
            if (!record.Started)
                record = await UpdateAsync(known => known with { Started = true });
            return await SequencerOf(record).GetStatusAsync();
        }
        finally
        {
            if (--_creating == 0)
                reservations.GiveBack(name); // it holds its memory by now
        }
    }

    public async Task<int> GetGenerationAsync(int rank, string? runId)
    {
        var record = await KnownAsync(runId);
        CheckRank(record, rank);
        return record.Generations[rank];
    }

    public async Task<TrainerRegistration> RegisterTrainerAsync(int rank, string trainer, int after, string? runId)
    {
        var record = await UpdateAsync(known =>
        {
            if (runId is not null && runId != known.RunId)
                throw Unknown(); // it was meant for an earlier run of the name
            CheckRank(known, rank);
            if (known.Trainers[rank] == trainer)
                return known;
            if (known.Generations[rank] != after)
                throw new FencedTrainerException(name, rank, after + 1, known.Generations[rank]); // it was under way for long
            return known with
            {
                Generations = [.. known.Generations.Select((generation, r) => r == rank ? generation + 1 : generation)],
                Trainers = [.. known.Trainers.Select((before, r) => r == rank ? trainer : before)],
            };
        });
        return new TrainerRegistration(record.RunId, rank, record.Generations[rank], record.Specification, record.Layout, leastWindow);
    }

    public async Task FinishAsync(int rank, int generation, string? runId)
    {
        var record = await UpdateAsync(known =>
        {
            if (known.Deleting || (runId is not null && runId != known.RunId))
                throw Unknown();
            CheckRank(known, rank);
            var present = known.Generations[rank];
            if (generation < 1 || generation > present)
                throw new InvalidOptionsException(
                    "generation",
                    $"{generation}",
                    $"No trainer of rank {rank} has generation {generation}: give that of the registration."
                );
            if (generation < present)
                throw new FencedTrainerException(name, rank, generation, present);
            var finished = known.Finished ?? new int[known.Generations.Length];
            return finished[rank] == generation
                ? known
                : known with
                {
                    Finished = [.. finished.Select((before, r) => r == rank ? generation : before)],
                };
        });
        // The record is what counts; a sequencer that does not hear of it, because it dies, reads it when it is made anew.
        await SequencerOf(record).HearOfFinishedAsync(record.Finished ?? []);
    }

    public async Task<string> GetRunIdAsync() => await ReadAsync() is { Deleting: true } going ? going.RunId : (await KnownAsync()).RunId;

    public async Task<RunStatus> GetStatusAsync() => await SequencerOf(await KnownAsync()).GetStatusAsync();

    public async Task<RunStatus> RestoreAsync(string? runId, int? leaving)
    {
        var record = await KnownAsync(runId);
        await SequencerOf(record).RestoreBoundaryAsync(leaving);
        return await SequencerOf(record).GetStatusAsync();
    }

    /// <summary>Notes durably that the run goes, then removes what it stored, then its record: interrupted anywhere, it can be
    /// repeated.</summary>
    public async Task DeleteAsync(string runId)
    {
        if (await ReadAsync() is not { } record || record.RunId != runId)
            throw Unknown();
        if (!record.Deleting)
            record = await UpdateAsync(known =>
                known.RunId != runId ? throw Unknown()
                : known.Deleting ? known
                : known with { Deleting = true }
            );
        if (!await DeleteAsync(record))
            return;
        await world.Grains.GetGrain<IRunCatalogGrain>(Keys.Catalog).RemoveAsync(name);
        Leave();
    }

    public async Task<RunDescription> DescribeAsync(string runId)
    {
        var record = await KnownAsync(runId);
        return Describe(record);
    }

    public async Task<IReadOnlyList<FloatValues>> GetInitialCentersAsync(string runId)
    {
        await KnownAsync(runId);
        var row = CentersRow();
        var stored = await row.ReadSoundAsync()
            ?? throw new DamagedSnapshotException($"run '{name}'", "initial centers", "are missing", isVersion: false);
        return row.Content<FloatValues[]>(stored, world.Serializer);
    }

    /// <returns>False when another deletion came to its end before: by now the name may be a later run's, which keeps its rows.</returns>
    async Task<bool> DeleteAsync(StoredRun record)
    {
        await SequencerOf(record).DeleteAsync(Describe(record));
        var (centers, row) = (CentersRow(), RecordRow());
        await centers.ReadAsync(); // before the record: as long as that is this run's, these are too
        if (await row.ReadSoundAsync() is not { } stored || row.Content<StoredRun>(stored, world.Serializer).RunId != record.RunId)
            return false;
        await centers.ClearKnownAsync();
        await row.ClearKnownAsync();
        return true;
    }

    /// <summary>One at a time: the trainers of a run all create it, and one must not write its initial centers over those of another's
    /// run.</summary>
    async Task<StoredRun> KnownOrNewAsync(RunSpecification specification)
    {
        await _turn.WaitAsync();
        try
        {
            var record = await ReadAsync();
            if (record is { Deleting: true })
            {
                await DeleteAsync(record);
                record = null;
            }

            return record ?? await BeginAsync(specification);
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task<StoredRun> BeginAsync(RunSpecification specification)
    {
        reservations.Take(name, specification.Clustering, specification.Trainers, Math.Max(1, world.Silos.Active.Count));
        var centers = CentersRow();
        await centers.ReadAsync();
        if (specification.InitialCenters is { } given)
            await centers.WriteAsync(0, 0, world.Serializer.SerializeToArray(given.ToArray()));
        var row = RecordRow();
        if (await row.ReadSoundAsync() is not null)
            throw new InconsistentStateException($"Run '{name}' was created by another at the same time: repeat the request.");
        return await WriteAsync(
            row,
            1,
            new StoredRun
            {
                // The suffix only keeps a later run of this name from meeting grains and messages of an earlier one; no result depends on
                // it.
                RunId = $"{name}~{newSuffix()}",
                Specification = specification.WithoutInitialCenters(),
                HasInitialCenters = specification.InitialCenters is not null,
                Layout = layout,
                Generations = new int[specification.Trainers],
                Trainers = [.. Enumerable.Repeat("", specification.Trainers)],
                Created = world.Time.GetUtcNow(),
            }
        );
    }

    async Task<bool> HasSameCenters(StoredRun record, RunSpecification specification)
    {
        if (!record.HasInitialCenters || specification.InitialCenters is not { } given)
            return record.HasInitialCenters == specification.InitialCenters is not null;
        await _turn.WaitAsync(); // they may be large: those of one caller at a time are in memory
        try
        {
            var mine = await GetInitialCentersAsync(record.RunId);
            return given.Count == mine.Count && mine.Zip(given).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));
        }
        finally
        {
            _turn.Release();
        }
    }

    ISequencerGrain SequencerOf(StoredRun record) => world.Grains.GetGrain<ISequencerGrain>(record.RunId);

    static RunDescription Describe(StoredRun record) =>
        new(record.Specification, record.HasInitialCenters, record.Layout, record.Generations, record.Started)
        {
            Created = record.Created,
            Finished = record.Finished ?? [],
        };

    async Task<StoredRun> KnownAsync(string? runId = null)
    {
        var record = await ReadAsync();
        if (record is { Deleting: false } && (runId is null || runId == record.RunId))
            return record;
        if (record is null)
            Leave(); // a name that was only asked for must not stay
        throw Unknown();
    }

    /// <summary>Not while the run is being created: its sequencer asks for it, and an activation that ends answers nobody.</summary>
    void Leave()
    {
        if (_creating == 0)
            deactivate();
    }

    static void CheckRank(StoredRun record, int rank)
    {
        if (rank < 0 || rank >= record.Specification.Trainers)
            throw new UnknownPartException("rank", rank, record.Specification.Trainers);
    }

    UnknownRunException Unknown() => new(name);

    // Nothing is kept between calls: another activation may have written since, and what counts is what is stored.
    // What cannot be a run's name is not asked of the database, which may not even take it as text.
    DurableRow RecordRow() => RunSpecification.IsName(name) ? new(world.Storage, Rows.Record, Rows.Run(name)) : throw Unknown();

    DurableRow CentersRow() => new(world.Storage, Rows.InitialCenters, Rows.Run(name));

    async Task<StoredRun?> ReadAsync()
    {
        var row = RecordRow();
        return await row.ReadSoundAsync() is { } stored ? row.Content<StoredRun>(stored, world.Serializer) : null;
    }

    /// <summary>Reads, changes and writes the record; from the start again when another wrote in between.</summary>
    Task<StoredRun> UpdateAsync(Func<StoredRun, StoredRun> change) =>
        GrainTimes.RunChange.CallAsync(
            async () =>
            {
                var row = RecordRow();
                if (await row.ReadSoundAsync() is not { } stored)
                {
                    Leave(); // a name that was only asked for must not stay
                    throw Unknown();
                }

                var before = row.Content<StoredRun>(stored, world.Serializer);
                var after = change(before);
                if (ReferenceEquals(before, after))
                    return before;
                if (before.Deleting)
                    throw Unknown();
                return await WriteAsync(row, stored.Step + 1, after);
            },
            e => e is InconsistentStateException,
            world.Time
        );

    async Task<StoredRun> WriteAsync(DurableRow row, long version, StoredRun record)
    {
        await row.WriteAsync(0, version, world.Serializer.SerializeToArray(record));
        return record;
    }
}
