using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>The report of every epoch in a row of its own. Written before the epoch is committed; the manifest tells which ones
/// count.</summary>
sealed class ReportRows(ActorWorld world, string runId)
{
    public async Task WriteAsync(EpochReport report, long step)
    {
        var row = Row(report.Epoch);
        await row.ReadAsync(); // of a boundary that was not committed
        if (row.Stamp is { } held && held.Incarnation >= report.CommittedIncarnation)
            throw new StaleCallException(
                $"the report of epoch {report.Epoch}",
                "incarnation",
                report.CommittedIncarnation,
                held.Incarnation
            );
        await row.WriteAsync(report.CommittedIncarnation, step, world.Serializer.SerializeToArray(report));
    }

    /// <summary>The report of a committed epoch.</summary>
    /// <exception cref="DamagedSnapshotException">It is missing or damaged.</exception>
    public async Task<EpochReport> ReadAsync(int epoch)
    {
        var row = Row(epoch);
        var stored = await row.ReadSoundAsync()
            ?? throw new DamagedSnapshotException($"run {runId}", $"report of epoch {epoch}", "is missing", isVersion: false);
        return row.Content<EpochReport>(stored, world.Serializer);
    }

    /// <returns>False when there was none.</returns>
    public Task<bool> ClearAsync(int epoch) => Row(epoch).ClearAsync();

    DurableRow Row(int epoch) => new(world.Storage, Rows.Report, Rows.Epoch(runId, epoch));
}
