using CoKe.Abstractions;
using Orleans.Storage;

namespace CoKe.Grains.Durability;

/// <summary>
/// One stored row and what is known of it. A write is a compare-and-swap on the ETag of the last successful read or write; after any
/// failure, whose outcome may be unknown, nothing is known any more and the row must be read first.
/// </summary>
internal sealed class DurableRow(IGrainStorage storage, string kind, GrainId owner)
{
    readonly string _place = $"{owner}/{kind}";
    GrainState<SealedRow>? _known;

    /// <summary>False before the first read, and after a failure.</summary>
    public bool IsKnown => _known is not null;

    /// <summary>The row as it was last read or written; null when there is none.</summary>
    public SealedRow? Value => _known is { RecordExists: true } known ? known.State : null;

    /// <summary>The (incarnation, step) of the row as it was last read or written; null when there is none, or one whose stamp cannot be believed.</summary>
    public (int Incarnation, long Step)? Stamp => IsSound ? (Value!.Incarnation, Value.Step) : null;

    /// <summary>There is a row, and its checksum fits.</summary>
    public bool IsSound => Value is { } row && Seals(row);

    /// <summary>Whether a row that was read here is whole.</summary>
    public bool Seals(SealedRow row) => row.IsSound(_place);

    /// <summary>Reads the row, sound or not; null when there is none.</summary>
    /// <remarks>What is known here may be another's by the time the caller goes on: a repeated restore reads the same row. Only what is returned was read by this call.</remarks>
    public async Task<SealedRow?> ReadAsync()
    {
        _known = null;
        var read = new GrainState<SealedRow>(new SealedRow());
        await storage.ReadStateAsync(kind, owner, read);
        _known = read;
        return read.RecordExists ? read.State : null;
    }

    /// <summary>The row, read and checked.</summary>
    /// <exception cref="DamagedSnapshotException">Its checksum does not fit.</exception>
    public async Task<SealedRow?> ReadSoundAsync()
    {
        var row = await ReadAsync();
        return row is null || Seals(row) ? row : throw new DamagedSnapshotException($"{owner.Type} {owner.Key}", kind, "is damaged: its checksum does not fit", isVersion: false);
    }

    /// <summary>Replaces what was last read or written, which may be nothing.</summary>
    /// <exception cref="InconsistentStateException">The row was changed by another.</exception>
    public async Task WriteAsync(int incarnation, long step, byte[] payload)
    {
        var before = _known ?? throw new InvalidOperationException($"The row {_place} must be read before it is written.");
        _known = null;
        var next = new GrainState<SealedRow>(SealedRow.Of(_place, incarnation, step, payload), before.ETag) { RecordExists = before.RecordExists };
        await storage.WriteStateAsync(kind, owner, next);
        next.RecordExists = true;
        _known = next;
    }

    /// <summary>Removes the row, whatever it holds.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> ClearAsync()
    {
        if (await ReadAsync() is null) return false;
        await ClearKnownAsync();
        return true;
    }

    /// <summary>Removes what was last read or written, if anything.</summary>
    /// <exception cref="InconsistentStateException">The row was changed by another.</exception>
    public async Task ClearKnownAsync()
    {
        var known = _known ?? throw new InvalidOperationException($"The row {_place} must be read before it is removed.");
        _known = null;
        if (known.RecordExists) await storage.ClearStateAsync(kind, owner, known);
    }
}
