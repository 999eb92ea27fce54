using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>Checkpoints and boundaries (docs/protocol.md, rules 5 and 8): first the snapshots, then the manifest, then the
/// watermark.</summary>
sealed partial class LiveRun
{
    RunMark Mark(CheckpointNames captured) =>
        new(captured.Step, RowsAccepted, RowsInEpoch, StepsInEpoch, [.. _processed], captured.SimilaritySums);

    /// <summary>Copies everything after step s; steps go on as soon as that is done, and the rest happens behind them.</summary>
    async Task CaptureAsync()
    {
        var captured = await _pipeline.CaptureAsync(Manifest, isBoundary: false);
        await _world.Failpoints.Reach(Failpoints.CheckpointCaptured);
        if (IsOver)
            return;
        _saving = true;
        _stepsSinceCapture = 0;
        _pumpAgain = true;
        SaveAsync(captured, Mark(captured)).Ignore();
    }

    async Task SaveAsync(CheckpointNames captured, RunMark mark)
    {
        using var save = _inFlight.Begin();
        try
        {
            await _pipeline.SaveAsync(captured.Step);
            await _world.Failpoints.Reach(Failpoints.CheckpointSaved);
            await WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));
            await _world.Failpoints.Reach(Failpoints.CheckpointCommitted);
            if (IsOver)
                return;
            for (var rank = 0; rank < mark.Watermarks.Length; rank++)
                Inbox.Ranks[rank].Watermark = mark.Watermarks[rank];
            _saving = false;
            _settled();
            _changed();
            Pump();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Closes the epoch, stores it whole, commits it by the manifest, and only then lets it be read.</summary>
    async Task CloseEpochAsync()
    {
        var epoch = Inbox.Epoch;
        await _world.Failpoints.Reach(Failpoints.BoundaryBegun);
        var heads = await _pipeline.CloseEpochAsync(epoch, RowsAccepted, RowsInEpoch);
        await _world.Failpoints.Reach(Failpoints.BoundaryClosed);
        var captured = await _pipeline.CaptureAsync(Manifest, isBoundary: true);
        await _pipeline.SaveAsync(captured.Step);
        var report = new EpochReport(epoch, RowsInEpoch, StepsInEpoch, Manifest.Incarnation, [.. heads.Select(head => head.Report)]);
        await new ReportRows(_world, _runId).WriteAsync(report, captured.Step);
        await new SizeRows(_world, _runId).WriteAsync(epoch, Manifest.Incarnation, captured.Step, [.. heads.Select(head => head.Sizes)]);
        await _world.Failpoints.Reach(Failpoints.BoundarySaved);
        var start = new RunMark(captured.Step, RowsAccepted, 0, 0, new long[_processed.Length], new double[heads.Count]);
        await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));
        await _world.Failpoints.Reach(Failpoints.BoundaryCommitted);
        await _pipeline.CommitAsync(epoch);
        await _world.Failpoints.Reach(Failpoints.BoundaryTold);
        if (IsOver)
            return;
        LastReport = report;
        (Step, RowsInEpoch, StepsInEpoch, _stepsSinceCapture) = (captured.Step, 0, 0, 0);
        Array.Clear(_processed);
        Inbox.OpenEpoch();
        _settled();
        _changed();
        _pumpAgain = true;
    }

    /// <summary>One write of the manifest at a time; this incarnation's ETag makes it fail when another has taken over.</summary>
    async Task WriteManifest(Manifest next)
    {
        if (IsOver)
            throw new SupersededException();
        await _row.WriteAsync(next);
        Manifest = next;
    }
}
