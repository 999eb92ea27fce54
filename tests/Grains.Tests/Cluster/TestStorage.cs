using System.Collections.Concurrent;
using Orleans.Storage;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Storage that outlives the silos of a test, and can be told to fail.</summary>
public sealed class TestStorage : IGrainStorage
{
    readonly ConcurrentDictionary<(string Kind, GrainId Owner), Row> _rows = new();
    readonly Lock _lock = new();

    /// <summary>Asked before every write, by kind: null lets it pass; an error is thrown before the write is applied.</summary>
    public Func<string, Exception?> BeforeWrite { get; set; } = _ => null;

    /// <summary>Asked after every write, by kind: an error is thrown although the write was applied, as when its answer is lost.</summary>
    public Func<string, Exception?> AfterWrite { get; set; } = _ => null;

    /// <summary>Awaited before every write, by kind: holds it until a test lets it go.</summary>
    public Func<string, Task> Hold { get; set; } = _ => Task.CompletedTask;

    /// <summary>As <see cref="Hold"/>, before every read.</summary>
    public Func<string, Task> HoldRead { get; set; } = _ => Task.CompletedTask;

    public int Rows => _rows.Count;

    /// <summary>Replaces what is stored in rows of a kind.</summary>
    public void Tamper(Func<string, GrainId, bool> which, Func<object, object> change)
    {
        foreach (var (key, row) in _rows)
            if (which(key.Kind, key.Owner))
                _rows[key] = row with { State = change(row.State) };
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await HoldRead(stateName);
        if (_rows.TryGetValue((stateName, grainId), out var row))
            (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)row.State, row.ETag, true);
        else
            (grainState.ETag, grainState.RecordExists) = (null, false);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Hold(stateName);
        if (BeforeWrite(stateName) is { } refused)
            throw refused;
        lock (_lock)
        {
            Check(stateName, grainId, grainState.ETag);
            grainState.ETag = $"{long.Parse(grainState.ETag ?? "0") + 1}";
            _rows[(stateName, grainId)] = new Row(grainState.State!, grainState.ETag);
        }

        if (AfterWrite(stateName) is { } lost)
            throw lost;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_lock)
        {
            Check(stateName, grainId, grainState.ETag);
            _rows.TryRemove((stateName, grainId), out _);
        }

        return Task.CompletedTask;
    }

    void Check(string kind, GrainId owner, string? etag)
    {
        var stored = _rows.TryGetValue((kind, owner), out var row) ? row.ETag : null;
        if (stored != etag)
            throw new InconsistentStateException("The row was changed by another.", stored, etag);
    }

    sealed record Row(object State, string ETag);
}
