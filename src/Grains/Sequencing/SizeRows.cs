using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// The sizes of epochs on their way to the table: stored before the epoch is committed, like its report, so that no death loses them, and
/// cleared once the table has them. The manifest tells which ones count.
/// </summary>
sealed class SizeRows(ActorWorld world, string runId)
{
    public async Task WriteAsync(int epoch, int incarnation, long step, IReadOnlyList<HeadSizes> heads)
    {
        if (world.SizeTable is null)
            return;
        var row = Row(epoch);
        await row.ReadAsync(); // of a boundary that was not committed
        if (row.Stamp is { } held && held.Incarnation >= incarnation)
            throw new StaleCallException($"the sizes of epoch {epoch}", "incarnation", incarnation, held.Incarnation);
        await row.WriteAsync(incarnation, step, world.Serializer.SerializeToArray(heads.ToArray()));
    }

    /// <summary>The sizes of an epoch and the row that is to be cleared; null when the table has them, or when they are damaged and it
    /// never will.</summary>
    public async Task<(DurableRow Row, HeadSizes[] Heads)?> ReadAsync(int epoch)
    {
        var row = Row(epoch);
        if (await row.ReadAsync() is not { } stored || !row.Seals(stored))
            return null;
        try
        {
            return (row, row.Content<HeadSizes[]>(stored, world.Serializer));
        }
        catch (DamagedSnapshotException)
        {
            return null;
        }
    }

    public Task ClearAsync(int epoch) => Row(epoch).ClearAsync();

    DurableRow Row(int epoch) => new(world.Storage, Rows.Sizes, Rows.Epoch(runId, epoch));
}
