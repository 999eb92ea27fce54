using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Runs;

/// <summary>A run by its name: owns the validated specification and the trainers' generations, both durable before they are used.</summary>
internal sealed class Run(string name, Surroundings surroundings, RunLayout layout, int leastWindow, Func<string> newSuffix, Action deactivate)
{
    const int RememberedTrainers = 16;

    readonly DurableRow _row = new(surroundings.Storage, Rows.Record, Rows.Run(name));
    readonly DurableRow _centers = new(surroundings.Storage, Rows.InitialCenters, Rows.Run(name));
    Task _storing = Task.CompletedTask;
    RunRecord? _record;
    long _version;

    public async Task<RunStatus> CreateAsync(RunSpecification specification)
    {
        if (specification.Name != name) throw new InvalidOptionsException("name", specification.Name, $"This run is addressed as '{name}'.");
        specification.Validate();
        var record = await LoadAsync();
        if (record is { Deleting: true })
        {
            await DeleteAsync(record);
            record = null;
        }

        if (record is null)
        {
            if (specification.InitialCenters is { } centers)
            {
                await _centers.ReadAsync();
                await _centers.WriteAsync(0, 0, surroundings.Serializer.SerializeToArray(centers.ToArray()));
            }

            record = await SaveAsync(new RunRecord
            {
                // The suffix only keeps a later run of this name from meeting grains and messages of an earlier one; no result depends on it.
                RunId = $"{name}~{newSuffix()}", Specification = specification.WithoutInitialCenters(), HasInitialCenters = specification.InitialCenters is not null,
                Layout = layout, Generations = new int[specification.Trainers],
                Trainers = [.. Enumerable.Repeat(Array.Empty<string>(), specification.Trainers)],
            });
        }
        else if (!record.Specification.IsSameAs(specification.WithoutInitialCenters()) || !await HasSameCenters(record, specification))
        {
            throw new RunConflictException(name);
        }

        await surroundings.Grains.GetGrain<IRunCatalogGrain>(Keys.Catalog).AddAsync(name);
        await SequencerOf(record).StartAsync();
        if (!record.Started) record = await SaveAsync(record with { Started = true });
        return await SequencerOf(record).GetStatusAsync();
    }

    public async Task<TrainerRegistration> RegisterTrainerAsync(int rank, string trainer)
    {
        var record = await KnownAsync();
        if (rank < 0 || rank >= record.Specification.Trainers) throw new UnknownPartException("rank", rank, record.Specification.Trainers);
        var known = record.Trainers[rank];
        var generation = record.Generations[rank];
        if (known.LastOrDefault() != trainer)
        {
            if (known.Contains(trainer)) throw new FencedTrainerException(name, rank, generation - 1, generation);
            int[] generations = [.. record.Generations];
            string[][] trainers = [.. record.Trainers];
            generations[rank] = ++generation;
            trainers[rank] = [.. known.TakeLast(RememberedTrainers - 1), trainer];
            record = await SaveAsync(record with { Generations = generations, Trainers = trainers });
        }

        return new TrainerRegistration(record.RunId, rank, generation, record.Specification, record.Layout, leastWindow);
    }

    public async Task<string> GetRunIdAsync() => (await KnownAsync()).RunId;

    public async Task<RunStatus> GetStatusAsync() => await SequencerOf(await KnownAsync()).GetStatusAsync();

    public async Task<RunStatus> RestoreAsync()
    {
        var record = await KnownAsync();
        await SequencerOf(record).RestoreBoundaryAsync();
        return await SequencerOf(record).GetStatusAsync();
    }

    /// <summary>Notes durably that the run goes, then removes what it stored, then its record: interrupted anywhere, it can be repeated.</summary>
    public async Task DeleteAsync()
    {
        var record = await LoadAsync() ?? throw Unknown();
        if (!record.Deleting) record = await SaveAsync(record with { Deleting = true });
        await DeleteAsync(record);
        await surroundings.Grains.GetGrain<IRunCatalogGrain>(Keys.Catalog).RemoveAsync(name);
        deactivate();
    }

    public async Task<RunDescription> DescribeAsync(string runId)
    {
        var record = await KnownAsync(runId);
        return Describe(record);
    }

    public async Task<IReadOnlyList<FloatBlock>> GetInitialCentersAsync(string runId)
    {
        await KnownAsync(runId);
        var row = await _centers.ReadSoundAsync() ?? throw new DamagedSnapshotException($"run '{name}'", "initial centers", "are missing");
        return surroundings.Serializer.Deserialize<FloatBlock[]>(row.Payload)!;
    }

    async Task DeleteAsync(RunRecord record)
    {
        await SequencerOf(record).DeleteAsync(Describe(record));
        await _centers.ClearAsync();
        await InTurn(async () =>
        {
            await _row.ClearAsync();
            return _record = null;
        });
    }

    async Task<bool> HasSameCenters(RunRecord record, RunSpecification specification)
    {
        if (!record.HasInitialCenters) return specification.InitialCenters is null;
        var mine = await GetInitialCentersAsync(record.RunId);
        return specification.InitialCenters is { } given && given.Count == mine.Count && mine.Zip(given).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));
    }

    ISequencerGrain SequencerOf(RunRecord record) => surroundings.Grains.GetGrain<ISequencerGrain>(record.RunId);

    static RunDescription Describe(RunRecord record) => new(record.Specification, record.HasInitialCenters, record.Layout, record.Generations, record.Started);

    async Task<RunRecord> KnownAsync(string? runId = null)
    {
        var record = await LoadAsync();
        if (record is { Deleting: false } && (runId is null || runId == record.RunId)) return record;
        if (record is null) deactivate(); // a name that was only asked for must not stay
        throw Unknown();
    }

    UnknownRunException Unknown() => new(name);

    Task<RunRecord?> LoadAsync() => InTurn(async () =>
    {
        // After a write of unknown outcome the row is read again: what is believed must be what is stored.
        if (_row.IsKnown) return _record;
        var row = await _row.ReadSoundAsync();
        (_record, _version) = row is null ? (null, 0) : (surroundings.Serializer.Deserialize<RunRecord>(row.Payload), row.Step);
        return _record;
    });

    Task<RunRecord> SaveAsync(RunRecord record) => InTurn(async () =>
    {
        await _row.WriteAsync(0, _version + 1, surroundings.Serializer.SerializeToArray(record));
        _version++;
        return _record = record;
    });

    /// <summary>Descriptions interleave with everything: none may see the row half way.</summary>
    async Task<T> InTurn<T>(Func<Task<T>> work)
    {
        var (before, done) = (_storing, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _storing = done.Task;
        await before;
        try
        {
            return await work();
        }
        finally
        {
            done.SetResult();
        }
    }
}
