using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Recovery (docs/protocol.md, rule 2): read the manifest, swap in the next incarnation, have everything restored to what the manifest
/// names, go on. It begins when an activation is first needed, and after every lost grain, version mismatch, failed write or unknown
/// outcome; it is repeated until it succeeds, or the run is found to be beyond repair without a command.
/// </summary>
internal sealed partial class Sequencer
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);

    void Wake()
    {
        if (_reign is null && !_recovering && !_stopped && _fault is null)
            RecoverAsync().Ignore();
    }

    void OnReignFailed(Reign reign, Exception error)
    {
        if (reign != _reign)
            return;
        _failures++;
        Hinder(error);
        TellFailure(reign.Step, error);
        EndReign();
        if (error is SupersededException)
            Stop();
        else
            RecoverAsync().Ignore();
    }

    async Task RecoverAsync()
    {
        if (_recovering)
            return;
        using var recovery = _underway.Begin();
        _recovering = true;
        try
        {
            while (!_stopped && _fault is null && _reign is null)
            {
                if (_failures > 1)
                    await Task.Delay(Pause(), _surroundings.Time);
                if (_stopped)
                    break; // while it paused: another may have taken over by now
                var toBoundary = _toBoundary;
                try
                {
                    await BeginReignAsync(toBoundary);
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
                    _fault = e.Message;
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

    async Task BeginReignAsync(bool toBoundary)
    {
        var description = await Run.DescribeAsync(_runId);
        if (_stopped)
            return; // deleted, or left
        var (row, manifest) = await _takeOver.SwapAsync(description, toBoundary, Homes);
        (_description, _lastManifest) = (description, manifest);
        if (toBoundary)
            _toBoundary = false; // a command that came during this swap is not in it
        await _surroundings.Failpoints.Reach(Failpoints.RecoverySwapped);
        var centers = description.HasInitialCenters && manifest.Committed.Epoch < 0 ? await Run.GetInitialCentersAsync(_runId) : null;
        var pipeline = new Pipeline(_surroundings.Grains, _runId, description, manifest);
        var seen = await pipeline.RestoreAsync(manifest, centers);
        if (seen.Count != manifest.Current.RowsInEpoch)
            throw new DamagedSnapshotException(
                $"run {_runId}",
                "label shards",
                $"hold {seen.Count} images of the open epoch, the manifest {manifest.Current.RowsInEpoch}"
            );
        _lastReport = manifest.Committed.Epoch < 0 ? null : await new ReportRows(_surroundings, _runId).ReadAsync(manifest.Committed.Epoch);
        await _surroundings.Failpoints.Reach(Failpoints.RecoveryRestored);
        if (_stopped || _toBoundary)
            return; // a command came meanwhile
        _reign = new Reign(
            _surroundings,
            _options,
            _runId,
            _underway,
            description,
            row,
            manifest,
            pipeline,
            seen,
            _lastReport,
            () => Run.DescribeAsync(_runId),
            OnProgress,
            OnSettled,
            OnReignFailed
        );
        if (!_storageFailed)
            ReportHindrance(null);
        LogLive(_log, _runId, manifest.Incarnation, manifest.Epoch, manifest.Current.Step);
        _sizes.Publish(manifest.Committed.Epoch); // of a death between commit and table
        _reign.Begin();
        WatchSilos(_reign).Ignore();
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
        if (_reign is { } reign)
            _sizes.Publish(reign.Manifest.Committed.Epoch);
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
        EndReign();
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

    TimeSpan Pause()
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(_failures, 20));
        return pause < _options.RecoveryPause ? pause : _options.RecoveryPause;
    }

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
