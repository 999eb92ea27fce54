using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Recovery (docs/protocol.md, rule 2): read the manifest, swap in the next incarnation, have everything restored to what the manifest
/// names, go on. It begins when an activation is first needed, and after every lost grain, version mismatch, failed write or unknown
/// outcome; it is repeated until it succeeds, or the run is found to be beyond repair without a command.
/// </summary>
sealed partial class Sequencer
{
    void Wake()
    {
        if (_live is null && !_recovering && !_stopped && _fault is null)
            RecoverAsync().Ignore();
    }

    void OnLiveRunFailed(LiveRun live, Exception error)
    {
        if (live != _live)
            return;
        _failures++;
        Hinder(error);
        TellFailure(live.Step, error);
        EndLiveRun();
        if (error is SupersededException)
            Stop();
        else
            RecoverAsync().Ignore();
    }

    async Task RecoverAsync()
    {
        if (_recovering)
            return;
        using var recovery = _inFlight.Begin();
        _recovering = true;
        try
        {
            while (!_stopped && _fault is null && _live is null)
            {
                if (_failures > 1)
                    await Task.Delay(Pause(), _world.Time);
                if (_stopped)
                    break; // while it paused: another may have taken over by now
                var toBoundary = _toBoundary;
                try
                {
                    await BeginLiveRunAsync(toBoundary);
                }
                catch (SupersededException)
                {
                    Stop();
                }
                catch (UnknownRunException)
                {
                    _deleted = true;
                    Stop();
                }
                catch (DamagedSnapshotException) when (_toBoundary && !toBoundary)
                {
                    // A command came meanwhile, to go back behind what is damaged: that is tried before the run counts as beyond repair.
                }
                catch (Exception e) when (e is DamagedSnapshotException or RunFaultedException)
                {
                    _fault = e is RunFaultedException faulted ? faulted.Reason : e.Message; // whoever tells of it names the run
                    _reportTrouble(e.Message);
                    LogFault(_log, _runId, e.Message);
                }
                catch (Exception e)
                {
                    _failures++;
                    Hinder(e);
                    if (!_storageFailed)
                        ReportHindrance(Reason.Of(e));
                    TellFailure(_lastManifest?.Current.Step ?? 0, e);
                }

                _changed.Raise();
            }
        }
        finally
        {
            _recovering = false;
        }
    }

    async Task BeginLiveRunAsync(bool toBoundary)
    {
        var description = await Run.DescribeAsync(_runId);
        if (_stopped)
            return; // deleted, or left
        var (row, manifest) = await _takeOver.SwapAsync(description, toBoundary, Homes);
        (_description, _lastManifest) = (description, manifest);
        if (toBoundary)
            _toBoundary = false; // a command that came during this swap is not in it
        await _world.Failpoints.Reach(Failpoints.RecoverySwapped);
        var centers = description.HasInitialCenters && manifest.Committed.Epoch < 0 ? await Run.GetInitialCentersAsync(_runId) : null;
        var pipeline = new Pipeline(_world, _runId, description, manifest);
        var seen = await pipeline.RestoreAsync(manifest, centers);
        if (seen.Count != manifest.Current.RowsInEpoch)
            throw new DamagedSnapshotException(
                $"run {_runId}",
                "label shards",
                $"hold {seen.Count} images of the open epoch, the manifest {manifest.Current.RowsInEpoch}"
            );
        _lastReport = manifest.Committed.Epoch < 0 ? null : await new ReportRows(_world, _runId).ReadAsync(manifest.Committed.Epoch);
        await _world.Failpoints.Reach(Failpoints.RecoveryRestored);
        if (_stopped || _toBoundary)
            return; // a command came meanwhile
        _live = new LiveRun(
            _world,
            _options,
            _runId,
            _inFlight,
            description,
            row,
            manifest,
            pipeline,
            seen,
            _lastReport,
            () => Run.DescribeAsync(_runId),
            OnProgress,
            OnSettled,
            OnLiveRunFailed
        );
        if (!_storageFailed)
            ReportHindrance(null);
        LogLive(_log, _runId, manifest.Incarnation, manifest.Epoch, manifest.Current.Step);
        _sizes.Publish(manifest.Committed.Epoch); // of a death between commit and table
        _live.Begin();
        WatchSilos(_live).Ignore();
    }

    void OnProgress() => _changed.Raise();

    /// <summary>
    /// What was processed is durable. Only now a run is well again that its storage had hindered: a recovery writes next to nothing, and on
    /// a full disk would succeed every time.
    /// </summary>
    void OnSettled()
    {
        _failures = 0;
        _storageFailed = false;
        if (_live is { } live)
            _sizes.Publish(live.Manifest.Committed.Epoch);
        if (_hindrance is null)
            return;
        ReportHindrance(null);
        _changed.Raise();
    }

    /// <summary>What the storage said stays until something was stored.</summary>
    void Hinder(Exception error)
    {
        if (StorageTrouble.Describe(error) is not { } trouble)
            return;
        _storageFailed = true;
        ReportHindrance(trouble);
    }

    void ReportHindrance(string? hindrance)
    {
        _hindrance = hindrance;
        _reportTrouble(hindrance);
    }

    /// <summary>The activation ends, perhaps with its silo: without this the recovery would be tried again for ever.</summary>
    public void Leave()
    {
        _stopped = true;
        _sizes.StopAsync().Ignore();
        EndLiveRun();
        _reportTrouble(null);
    }

    void Stop(string? successorAt = null)
    {
        Leave();
        _leave(successorAt);
    }

    // A peer that is broken, or a full disk, would have this said for as long as it stays so.
    void TellFailure(long step, Exception error)
    {
        if (_recoveries.IsTold(out var count))
            LogFailed(_log, _runId, step, count, Reason.Of(error));
    }

    TimeSpan Pause() => Retry.WithPauses(GrainTimes.FirstRecoveryPause, _options.RecoveryPause).Pause(_failures);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {run} is live: incarnation {incarnation}, epoch {epoch}, step {step}.")]
    static partial void LogLive(ILogger log, string run, int incarnation, int epoch, long step);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {run} recovers from its last checkpoint; it was at step {step}; recovery {count} here: {reason}"
    )]
    static partial void LogFailed(ILogger log, string run, long step, long count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {run} cannot go on without a command: {reason}")]
    static partial void LogFault(ILogger log, string run, string reason);
}
