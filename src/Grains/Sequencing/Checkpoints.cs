using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>Checkpoints and boundaries of one incarnation (docs/protocol.md, rules 5 and 8): first the snapshots, then the manifest, then
/// the watermark.</summary>
/// <param name="run">The run.</param>
/// <param name="restored">What the incarnation began with.</param>
/// <param name="inbox">Told what is durable, and when the next epoch is open.</param>
/// <param name="processed">What is to be stored.</param>
/// <param name="end">Cancelled when the incarnation is over: then nothing is written any more.</param>
sealed class Checkpoints(SequencedRun run, RestoredRun restored, Inbox inbox, ProcessedSteps processed, CancellationToken end)
{
    readonly Failpoints _failpoints = run.World.Failpoints;
    readonly ManifestRow _row = restored.Row;
    readonly Pipeline _pipeline = restored.Pipeline;

    /// <summary>What is durable.</summary>
    public Manifest Manifest { get; private set; } = restored.Manifest;

    /// <summary>Of the last committed epoch.</summary>
    public EpochReport? LastReport { get; private set; } = restored.LastReport;

    bool IsOver => end.IsCancellationRequested;

    /// <summary>Copies everything after step s, while no step is under way; steps go on when it completes.</summary>
    public async Task<CheckpointNames> CaptureAsync()
    {
        var captured = await _pipeline.CaptureAsync(Manifest, isBoundary: false);
        await _failpoints.Reach(Failpoints.CheckpointCaptured);
        return captured;
    }

    /// <summary>Makes durable what was copied.</summary>
    /// <param name="captured">Its names.</param>
    /// <param name="mark">Where the run stood when it was copied.</param>
    public async Task SaveAsync(CheckpointNames captured, RunMark mark)
    {
        await _pipeline.SaveAsync(captured.Step);
        await _failpoints.Reach(Failpoints.CheckpointSaved);
        await WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));
        await _failpoints.Reach(Failpoints.CheckpointCommitted);
        if (IsOver)
            return;
        for (var rank = 0; rank < mark.Watermarks.Length; rank++)
            inbox.Ranks[rank].Watermark = mark.Watermarks[rank];
    }

    /// <summary>Closes the epoch, stores it whole, commits it by the manifest, and only then lets it be read.</summary>
    public async Task CloseEpochAsync()
    {
        var epoch = inbox.Epoch;
        await _failpoints.Reach(Failpoints.BoundaryBegun);
        var heads = await _pipeline.CloseEpochAsync(epoch, processed.RowsAccepted, processed.RowsInEpoch);
        await _failpoints.Reach(Failpoints.BoundaryClosed);
        var captured = await _pipeline.CaptureAsync(Manifest, isBoundary: true);
        await _pipeline.SaveAsync(captured.Step);
        var report = new EpochReport(
            epoch,
            processed.RowsInEpoch,
            processed.StepsInEpoch,
            Manifest.Incarnation,
            [.. heads.Select(head => head.Report)]
        );
        await new ReportRows(run.World, run.RunId).WriteAsync(report, captured.Step);
        await new SizeRows(run.World, run.RunId).WriteAsync(
            epoch,
            Manifest.Incarnation,
            captured.Step,
            [.. heads.Select(head => head.Sizes)]
        );
        await _failpoints.Reach(Failpoints.BoundarySaved);
        var start = processed.MarkOfNextEpoch(captured, heads.Count);
        await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));
        await _failpoints.Reach(Failpoints.BoundaryCommitted);
        await _pipeline.CommitAsync(epoch);
        await _failpoints.Reach(Failpoints.BoundaryTold);
        if (IsOver)
            return;
        LastReport = report;
        processed.OpenEpoch(captured.Step);
        inbox.OpenEpoch();
    }

    /// <summary>Makes newer trainers durable of which nothing was taken yet (rule 9).</summary>
    public Task AdmitAsync(IReadOnlyList<int> generations) => WriteManifest(Manifest.Admitting(generations));

    /// <summary>One write of the manifest at a time; this incarnation's ETag makes it fail when another has taken over.</summary>
    async Task WriteManifest(Manifest next)
    {
        if (IsOver)
            throw new SupersededException();
        await _row.WriteAsync(next);
        Manifest = next;
    }
}
