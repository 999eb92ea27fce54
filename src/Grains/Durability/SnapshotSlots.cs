using CoKe.Abstractions;
using Orleans.Storage;

namespace CoKe.Grains.Durability;

/// <summary>
/// The three rows in which a block or shard keeps its versions (docs/protocol.md, rule 5). Two are named by the manifest; the third may be
/// written, by nobody but a later (incarnation, step) than wrote it last.
/// </summary>
sealed class SnapshotSlots(IGrainStorage storage, GrainId owner)
{
    public const int Count = 3;

    readonly DurableRow[] _rows = [.. Enumerable.Range(0, Count).Select(slot => new DurableRow(storage, KindOf(slot), owner))];

    public static string KindOf(int slot) => $"slot{slot}";

    /// <summary>Writes one slot.</summary>
    /// <param name="slot">Which of the three.</param>
    /// <param name="incarnation">Whose write it is.</param>
    /// <param name="step">The step after which the payload was copied.</param>
    /// <param name="payload">The snapshot.</param>
    /// <param name="check">Throws when the writer is not the owner's present incarnation any more; asked after the row was read.</param>
    /// <exception cref="StaleCallException">The slot was written by a later incarnation or step.</exception>
    /// <exception cref="InconsistentStateException">Another wrote it since it was read.</exception>
    public async Task SaveAsync(int slot, int incarnation, long step, byte[] payload, Action<int> check)
    {
        var row = _rows[slot];
        if (!row.IsKnown)
        {
            await row.ReadAsync();
            check(incarnation); // a late one might find a row that was damaged since, and take it for free
        }

        // A write of an older incarnation that lands late finds another ETag; one that did land must not be older than what it replaces.
        // Damage in a slot that nobody names is no version, and is replaced.
        if (row.Stamp is { } held && held.CompareTo((incarnation, step)) >= 0)
            throw new StaleCallException($"{KindOf(slot)} of {owner.Type} {owner.Key}", "incarnation", incarnation, held.Incarnation);
        await row.WriteAsync(incarnation, step, payload);
    }

    /// <summary>The payload of a named snapshot.</summary>
    /// <exception cref="DamagedSnapshotException">It is missing, is another one, or its checksum does not fit.</exception>
    public async Task<byte[]> LoadAsync(SnapshotName name)
    {
        var held = _rows[name.Slot];
        var row = await held.ReadAsync() ?? throw Damaged(name, "is missing");
        if (!held.Seals(row))
            throw Damaged(name, "is damaged: its checksum does not fit");
        if ((row.Incarnation, row.Step) != (name.Incarnation, name.Step))
            throw Damaged(name, $"is another one (incarnation {row.Incarnation}, step {row.Step})");
        return row.Payload;
    }

    /// <summary>The payload of a snapshot, or null when none is named.</summary>
    public async Task<byte[]?> LoadAsync(SnapshotName? name) => name is { } named ? await LoadAsync(named) : null;

    /// <summary>What was loaded is whole, but not of the form that this version writes.</summary>
    public DamagedSnapshotException Unreadable(NamedSnapshots named, InvalidDataException reason) =>
        Damaged(named.Current ?? named.Boundary ?? default, $"cannot be read: {reason.Message.TrimEnd('.')}");

    /// <summary>Removes all slots.</summary>
    public Task ClearAsync() => Task.WhenAll(_rows.Select(row => row.ClearAsync()));

    DamagedSnapshotException Damaged(SnapshotName name, string reason) =>
        new($"{owner.Type} {owner.Key}", $"snapshot of incarnation {name.Incarnation}, step {name.Step} ({KindOf(name.Slot)})", reason);
}
