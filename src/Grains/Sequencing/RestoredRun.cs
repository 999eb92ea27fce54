using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>All parts of a run as the manifest of its incarnation names them: what a live run begins with.</summary>
/// <param name="Description">The run.</param>
/// <param name="Row">The manifest's row, with the ETag of this incarnation.</param>
/// <param name="Manifest">What is stored.</param>
/// <param name="Pipeline">Reaches the restored scorers and shards.</param>
/// <param name="Seen">Images that the open epoch has accepted.</param>
/// <param name="LastReport">Of the last committed epoch; null: none is.</param>
sealed record RestoredRun(
    RunDescription Description,
    ManifestRow Row,
    Manifest Manifest,
    Pipeline Pipeline,
    SeenImages Seen,
    EpochReport? LastReport
)
{
    /// <summary>Restores everything to what a manifest names that was just swapped in.</summary>
    /// <exception cref="DamagedSnapshotException">Something that the manifest names is missing or damaged.</exception>
    public static async Task<RestoredRun> RestoreAsync(SequencedRun run, RunDescription description, ManifestRow row, Manifest manifest)
    {
        var committed = manifest.Committed.Epoch;
        var centers = description.HasInitialCenters && committed < 0 ? await run.Grain.GetInitialCentersAsync(run.RunId) : null;
        var pipeline = new Pipeline(run.World, run.RunId, description, manifest, run.Meter);
        var seen = await pipeline.RestoreAsync(manifest, centers);
        if (seen.Count != manifest.Current.RowsInEpoch)
            throw new DamagedSnapshotException(
                $"run {run.RunId}",
                "label shards",
                $"hold {seen.Count} images of the open epoch, the manifest {manifest.Current.RowsInEpoch}"
            );
        var report = committed < 0 ? null : await new ReportRows(run.World, run.RunId).ReadAsync(committed);
        return new RestoredRun(description, row, manifest, pipeline, seen, report);
    }
}
