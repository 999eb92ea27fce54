using CoKe.Abstractions;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Grains.Durability;

/// <summary>
/// One stored row and what is known of it. A write is a compare-and-swap on the ETag of the last successful read or write; after any
/// failure, whose outcome may be unknown, nothing is known any more and the row must be read first.
/// </summary>
sealed class DurableRow(IGrainStorage storage, string kind, GrainId owner)
{
    readonly string _place = $"{owner}/{kind}";
    Known? _known;

    /// <summary>False before the first read, and after a failure.</summary>
    public bool IsKnown => _known is not null;

    /// <summary>The (incarnation, step) of the row as it was last read or written; null when there is none, or one whose stamp cannot be
    /// believed.</summary>
    public (int Incarnation, long Step)? Stamp => _known?.Stamp;

    /// <summary>Whether a row that was read here is whole.</summary>
    public bool Seals(SealedRow row) => row.IsSound(_place);

    /// <summary>Reads the row, sound or not; null when there is none.</summary>
    /// <remarks>What is known here may be another's by the time the caller goes on: a repeated restore reads the same row. Only what is
    /// returned was read by this call.</remarks>
    public async Task<SealedRow?> ReadAsync()
    {
        _known = null;
        var read = new GrainState<SealedRow>(new SealedRow());
        await storage.ReadStateAsync(kind, owner, read);
        var row = read.RecordExists ? read.State : null;
        _known = new Known(read.ETag, read.RecordExists, row is not null && Seals(row) ? (row.Incarnation, row.Step) : null);
        return row;
    }

    /// <summary>The row, read and checked.</summary>
    /// <exception cref="DamagedSnapshotException">Its checksum does not fit.</exception>
    public async Task<SealedRow?> ReadSoundAsync()
    {
        var row = await ReadAsync();
        return row is null || Seals(row)
            ? row
            : throw new DamagedSnapshotException(
                $"{owner.Type} {owner.Key}",
                kind,
                "is damaged: its checksum does not fit",
                isVersion: false
            );
    }

    /// <summary>What a row holds that was read here and is whole.</summary>
    /// <exception cref="DamagedSnapshotException">Its bytes are not of that type.</exception>
    public T Content<T>(SealedRow row, Serializer serializer)
        where T : class => StoredRow.Read<T>(serializer, row.Payload, $"{owner.Type} {owner.Key}", kind);

    /// <summary>Replaces what was last read or written, which may be nothing.</summary>
    /// <exception cref="InconsistentStateException">The row was changed by another.</exception>
    public async Task WriteAsync(int incarnation, long step, byte[] payload)
    {
        var before = _known ?? throw new InvalidOperationException($"The row {_place} must be read before it is written.");
        _known = null;
        var next = new GrainState<SealedRow>(SealedRow.Of(_place, incarnation, step, payload), before.ETag)
        {
            RecordExists = before.Exists,
        };
        await storage.WriteStateAsync(kind, owner, next);
        _known = new Known(next.ETag, true, (incarnation, step));
    }

    /// <summary>Removes the row, whatever it holds.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> ClearAsync()
    {
        if (await ReadAsync() is null)
            return false;
        await ClearKnownAsync();
        return true;
    }

    /// <summary>Removes what was last read or written, if anything.</summary>
    /// <exception cref="InconsistentStateException">The row was changed by another.</exception>
    public async Task ClearKnownAsync()
    {
        var known = _known ?? throw new InvalidOperationException($"The row {_place} must be read before it is removed.");
        _known = null;
        if (known.Exists)
            await storage.ClearStateAsync(kind, owner, new GrainState<SealedRow>(new SealedRow(), known.ETag) { RecordExists = true });
    }

    /// <summary>Without the payload: what the rows of a run hold is three times the run, and nobody asks for it again.</summary>
    sealed record Known(string? ETag, bool Exists, (int Incarnation, long Step)? Stamp);
}
