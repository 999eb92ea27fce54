using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Observation;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// A run as a sequence of incarnations: each begins with a recovery (docs/protocol.md, rule 2) and lasts, as a <see cref="LiveRun"/>, until
/// anything fails. What follows from what is for <see cref="RunLife"/> to say; here it is done.
/// </summary>
sealed partial class Incarnations
{
    readonly SequencedRun _run;
    readonly SequencerActivation _activation;
    readonly Homes _homes;
    readonly TakeOver _takeOver;
    readonly Hindrance _hindrance;
    readonly Occasions _failures = new();
    bool _isRecovering; // a live run that fails at once would begin a second recovery beside the one that it came from

    public Incarnations(SequencedRun run, SequencerActivation activation, Homes homes)
    {
        (_run, _activation, _homes) = (run, activation, homes);
        _takeOver = new TakeOver(run.World, run.RunId, activation.Owner);
        _hindrance = new Hindrance(activation.ReportTrouble);
        Sizes = new SizePublisher(run.RunId, run.World, run.Log);
        Trainers = new TrainerWatch(run.World.Time, run.Options.SilentAfter);
    }

    /// <summary>A live run has begun.</summary>
    public event Action<LiveRun>? Began;

    public RunLife Life { get; private set; } = new RunLife.Asleep();

    /// <summary>The present incarnation; null between two of them.</summary>
    public LiveRun? Live { get; private set; }

    /// <summary>What the last one left, or the next one goes on from; null: nothing is known.</summary>
    public Manifest? LastManifest { get; private set; }

    /// <summary>Of the last epoch that was known to be committed.</summary>
    public EpochReport? LastReport { get; private set; }

    /// <summary>The run as it was last described; null: it was not.</summary>
    public RunDescription? Description { get; private set; }

    /// <summary>Raised by whatever a poll or the status tells.</summary>
    public ChangeSignal Changed { get; } = new();

    /// <summary>Recoveries, and what live runs have begun.</summary>
    public InFlight InFlight { get; } = new();

    public SizePublisher Sizes { get; }

    /// <summary>What is known of the run's trainers.</summary>
    public TrainerWatch Trainers { get; }

    /// <summary>What hinders the run for the moment; null: nothing.</summary>
    public string? HinderedBy => _hindrance.Sentence;

    /// <summary>Goes on to the next state, and does what follows.</summary>
    public void On(LifeEvent happened)
    {
        (Life, var effects) = Life.On(happened);
        foreach (var effect in effects)
            switch (effect)
            {
                case LifeEffect.EndLiveRun:
                    EndLiveRun();
                    break;
                case LifeEffect.BeginRecovery:
                    RecoverAsync().Ignore();
                    break;
                case LifeEffect.Close:
                    Sizes.StopAsync().Ignore();
                    EndLiveRun();
                    _run.Meter.Leave();
                    _activation.ReportTrouble(null);
                    break;
                case LifeEffect.Leave leave:
                    _activation.Leave(leave.SuccessorAt);
                    break;
            }
    }

    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public async Task<RunDescription> DescribeAsync() => Description ?? Describe(await _run.DescribeAsync());

    /// <summary>What is stored.</summary>
    public async Task<Manifest> ReadManifestAsync()
    {
        if (await new ManifestRow(_run.World, _run.RunId).ReadAsync() is { } manifest)
            return manifest;
        var run = await DescribeAsync();
        return Manifest.Initial(run.Specification.Clustering, run.Layout, run.Specification.Trainers);
    }

    RunDescription Describe(RunDescription described)
    {
        Trainers.HearOfFinished(described.Finished);
        return Description = described;
    }

    void OnFailed(LiveRun live, Exception error)
    {
        if (live != Live)
            return;
        _hindrance.HearOf(error);
        _run.Meter.Add(RunCount.Failures);
        TellFailure(live.Processed.Step, error);
        On(error is SupersededException ? new LifeEvent.Superseded() : new LifeEvent.Failed());
    }

    /// <summary>What was processed is durable. Only now a run is well again that its storage had hindered.</summary>
    void OnSettled()
    {
        On(new LifeEvent.Settled());
        if (Live is { } live)
            Sizes.Publish(live.Manifest.Committed.Epoch);
        if (_hindrance.Settle())
            Changed.Raise();
    }

    async Task RecoverAsync()
    {
        if (_isRecovering)
            return;
        using var recovery = InFlight.Begin();
        _isRecovering = true;
        try
        {
            while (Life is RunLife.Recovering)
            {
                if (Life.Failures > 1)
                    await Task.Delay(Pause(), _run.World.Time);
                if (Life is not RunLife.Recovering { ToBoundary: var toBoundary })
                    break; // while it paused: another may have taken over by now
                try
                {
                    await BeginLiveRunAsync(toBoundary);
                }
                catch (SupersededException)
                {
                    On(new LifeEvent.Superseded());
                }
                catch (UnknownRunException)
                {
                    On(new LifeEvent.Unknown());
                }
                catch (DamagedSnapshotException e)
                {
                    OnDamaged(new LifeEvent.Damaged(e.Message, EvenAtBoundary: toBoundary), e);
                }
                catch (RunFaultedException e)
                {
                    OnDamaged(new LifeEvent.Damaged(e.Reason, EvenAtBoundary: true), e); // whoever tells of it names the run
                }
                catch (Exception e)
                {
                    if (Life is RunLife.Recovering)
                        _hindrance.HearOfRecovery(e);
                    On(new LifeEvent.Failed());
                    _run.Meter.Add(RunCount.Failures);
                    TellFailure(LastManifest?.Current.Step ?? 0, e);
                }

                Changed.Raise();
            }
        }
        finally
        {
            _isRecovering = false;
        }
    }

    async Task BeginLiveRunAsync(bool toBoundary)
    {
        var description = await _run.DescribeAsync();
        if (Life is not RunLife.Recovering)
            return;
        _run.Meter.Enter(); // only what exists is counted
        var (row, manifest) = await _takeOver.SwapAsync(description, toBoundary, _homes.Present);
        LastManifest = manifest;
        Describe(description);
        On(new LifeEvent.Swapped(toBoundary)); // a command that came during this swap is not in it
        await _run.World.Failpoints.Reach(Failpoints.RecoverySwapped);
        using var under = new Undertaking("coke.recovery", _run.Name, _run.World.Time);
        var restored = await under.Do(() => RestoredRun.RestoreAsync(_run, description, row, manifest));
        LastReport = restored.LastReport;
        await _run.World.Failpoints.Reach(Failpoints.RecoveryRestored);
        On(new LifeEvent.Restored());
        if (Life is not RunLife.Live)
            return; // a command came meanwhile
        var live = Live = new LiveRun(_run, restored, InFlight, Changed);
        live.Settled += OnSettled;
        live.Failed += OnFailed;
        _hindrance.Recover();
        _run.Meter.End(RunCount.Recoveries, under.Tag("coke.incarnation", manifest.Incarnation).Taken);
        LogLive(_run.Log, _run.RunId, manifest.Incarnation, manifest.Epoch, manifest.Current.Step);
        Sizes.Publish(manifest.Committed.Epoch); // of a death between commit and table
        Trainers.Begin();
        live.Begin();
        Began?.Invoke(live);
    }

    void OnDamaged(LifeEvent.Damaged damaged, Exception error)
    {
        On(damaged);
        if (Life is not RunLife.Faulted)
            return;
        _activation.ReportTrouble(error.Message);
        LogFault(_run.Log, _run.RunId, error.Message);
    }

    void EndLiveRun()
    {
        if (Live is { } last)
        {
            (LastManifest, LastReport) = (last.Manifest, last.LastReport); // what the status tells until the next live run begins
            _run.Meter.Add(RunCount.Replayed, last.Processed.Step - last.Manifest.Current.Step);
            _run.Meter.Tell(null);
            last.Abandon();
        }

        Live = null;
        Changed.Raise();
    }

    // A peer that is broken, or a full disk, would have this said for as long as it stays so.
    void TellFailure(long step, Exception error)
    {
        if (_failures.IsTold(out var count))
            LogFailed(_run.Log, _run.RunId, step, count, Reason.Of(error));
    }

    TimeSpan Pause() => Retry.WithPauses(GrainTimes.FirstRecoveryPause, _run.Options.RecoveryPause).Pause(Life.Failures);

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
