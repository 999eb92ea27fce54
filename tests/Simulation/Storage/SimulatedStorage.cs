using CoKe.ConstrainedKMeans;
using Orleans.Storage;

namespace CoKe.Simulation;

/// <summary>
/// A database with ETags that all silos share. It keeps the state objects themselves, so states have to be immutable. Operations take
/// time, fail, lose their answers or land late, as <see cref="Faults"/> say.
/// </summary>
public sealed class SimulatedStorage(World world) : IGrainStorage
{
    readonly Dictionary<(string, GrainId), int> _index = [];
    readonly List<StoredRow?> _rows = [];
    readonly SeededRandom _random = world.RandomOf(2);
    long _etags;
    int _operations;

    /// <summary>What happens to operations from now on.</summary>
    public StorageFaults Faults { get; set; } = StorageFaults.Calm;

    /// <summary>False: every operation fails.</summary>
    public bool IsAvailable { get; set; } = true;

    /// <summary>True: every write fails.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether a clear leaves a row without state but with an ETag, as AdoNet does; else the row is gone.</summary>
    public bool ClearKeepsRow { get; set; } = true;

    /// <summary>Called when a write is applied, also a late one. Not for clears.</summary>
    public Action<string, GrainId, object>? OnWritten { get; set; }

    /// <summary>Called when a clear is applied.</summary>
    public Action<string, GrainId>? OnCleared { get; set; }

    /// <summary>All rows, in the order in which they first came to be.</summary>
    public IEnumerable<StoredRow> Rows => _rows.OfType<StoredRow>();

    /// <summary>Writes applied, and refused for their ETag, so far.</summary>
    public (long Applied, long Refused, long Late) Counts { get; private set; }

    /// <summary>One row, or null.</summary>
    public StoredRow? Find(string stateName, GrainId grainId) => _index.TryGetValue((stateName, grainId), out var i) ? _rows[i] : null;

    /// <summary>Puts a state into the database behind everyone's back: damage. The ETag stays unless asked.</summary>
    public void Replace(string stateName, GrainId grainId, object? state, bool newETag = false)
    {
        var row = Find(stateName, grainId);
        Put(new StoredRow(stateName, grainId, state, row is null || newETag ? NextETag() : row.ETag));
    }

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Operate($"read {stateName} of {grainId}", isWrite: false, () =>
        {
            var row = Find(stateName, grainId);
            return () =>
                (grainState.State, grainState.ETag, grainState.RecordExists) = (
                    row?.State is T state ? state : default!,
                    row?.ETag,
                    row?.State is not null
                );
        });

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (state, expected) = ((object)grainState.State!, grainState.ETag); // as of now: the caller may go on changing its own
        return Operate($"write {stateName} of {grainId}", isWrite: true, () =>
        {
            CheckETag(stateName, grainId, expected);
            var etag = NextETag();
            Put(new StoredRow(stateName, grainId, state, etag));
            OnWritten?.Invoke(stateName, grainId, state);
            return () => (grainState.ETag, grainState.RecordExists) = (etag, true);
        });
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var expected = grainState.ETag;
        return Operate($"clear {stateName} of {grainId}", isWrite: true, () =>
        {
            CheckETag(stateName, grainId, expected);
            var etag = ClearKeepsRow ? NextETag() : null;
            if (etag is not null)
                Put(new StoredRow(stateName, grainId, null, etag));
            else if (_index.Remove((stateName, grainId), out var i))
                _rows[i] = null;
            OnCleared?.Invoke(stateName, grainId);
            return () => (grainState.State, grainState.ETag, grainState.RecordExists) = (default!, etag, false);
        });
    }

    /// <summary>Brings an operation to the database and its answer back.</summary>
    /// <param name="apply">Changes the rows, or throws; gives what to do at the caller when the answer arrives.</param>
    Task Operate(string what, bool isWrite, Func<Action> apply)
    {
        world.CheckPlace(what);
        var answer = new TaskCompletionSource(); // continuations become turns of the caller, see Call
        var caller = world.Current;
        if (caller is { IsDead: true })
            return answer.Task;
        var label = $"{what} ?{_operations++}";
        world.Trace.Add($"asks to {label}");
        var faults = Faults;
        var diesOnTheWay = isWrite && Happens(faults.DieOnTheWay);
        var delay = Delay(faults);
        var loses = isWrite && Happens(faults.LoseAnswer);
        if (Happens(faults.Fail))
        {
            After(delay, () => Fail(new StorageFaultException($"The storage failed to {label}.")));
            return answer.Task;
        }

        if (isWrite && Happens(faults.LandLate))
        {
            After(faults.Timeout.Ticks, () => Fail(new TimeoutException($"The storage did not {label} in time.")));
            After(faults.Timeout.Ticks + (long)(faults.LatestLanding.Ticks * _random.NextUniform()), () => Land(late: true));
            return answer.Task;
        }

        After(delay / 2, () => Land(late: false));
        return answer.Task;

        void Land(bool late)
        {
            try
            {
                if (caller is { IsDead: true } && diesOnTheWay)
                    return;
                if (!IsAvailable)
                    throw new StorageFaultException($"The storage is unavailable: {label}.");
                if (isWrite && IsFull)
                    throw new StorageFaultException($"The storage is full: {label}.");
                var tell = apply();
                if (isWrite)
                    Counts = Counts with { Applied = Counts.Applied + 1, Late = Counts.Late + (late ? 1 : 0) };
                world.Trace.Add($"storage: {label} applied{(late ? " late" : "")}");
                if (late)
                    return;
                if (!loses)
                    After(delay / 2, () => Tell(tell));
                else if (_random.NextInt32(2) == 0)
                    After(delay / 2, () => Fail(new StorageFaultException($"The storage lost the answer to {label}.")));
                else
                    After(faults.Timeout.Ticks, () => Fail(new TimeoutException($"The storage did not answer {label} in time.")));
            }
            catch (Exception e) when (e is InconsistentStateException or StorageFaultException)
            {
                if (e is InconsistentStateException)
                    Counts = Counts with { Refused = Counts.Refused + 1 };
                world.Trace.Add($"storage: {label} refused: {e.Message}");
                if (!late)
                    After(delay / 2, () => Fail(e));
            }
        }

        void Tell(Action tell)
        {
            if (caller is { IsDead: true })
                return;
            tell();
            answer.SetResult();
        }

        void Fail(Exception e)
        {
            if (caller is not { IsDead: true })
                answer.SetException(e);
        }
    }

    void CheckETag(string stateName, GrainId grainId, string? expected)
    {
        var row = Find(stateName, grainId);
        if (row?.ETag != expected)
            throw new InconsistentStateException($"Version conflict on {stateName} of {grainId}.", row?.ETag ?? "none", expected ?? "none");
    }

    void Put(StoredRow row)
    {
        if (_index.TryGetValue((row.StateName, row.GrainId), out var i))
        {
            _rows[i] = row;
            return;
        }

        _index[(row.StateName, row.GrainId)] = _rows.Count;
        _rows.Add(row);
    }

    string NextETag() => $"{++_etags}";

    bool Happens(double probability) => probability > 0 && _random.NextUniform() < probability;

    long Delay(StorageFaults faults) =>
        Happens(faults.Slow)
            ? (long)(faults.LongestDelay.Ticks * _random.NextUniform())
            : (long)(-faults.MeanDelay.Ticks * Math.Log(1 - _random.NextUniform()));

    void After(long ticks, Action what) => world.Schedule(ticks, static state => ((Action)state!)(), what);
}
