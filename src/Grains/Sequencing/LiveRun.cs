using CoKe.Abstractions;
using CoKe.Grains.Observation;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// One incarnation of a run, from a completed recovery to its first failure: forms steps, launches them, checkpoints, closes epochs. One
/// pump does it all, so nothing is decided twice. Whatever fails ends the live run; the next one begins from the manifest.
/// </summary>
sealed class LiveRun
{
    readonly SequencedRun _run;
    readonly InFlight _inFlight;
    readonly ChangeSignal _changed;
    readonly Pipeline _pipeline;
    readonly Checkpoints _checkpoints;
    readonly LiveRecord _record;
    readonly CancellationTokenSource _end = new();
    readonly TaskCompletionSource _rested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SharedLook<bool> _claims;
    readonly SharedLook<bool> _losses;
    bool _pumping;
    bool _pumpAgain;
    bool _saving;
    bool _quiet;
    bool _admitting;
    bool _resting;
    int _stepsInFlight;
    long _stepsSinceCapture;
    long _rowsLaunched;
    long _launched;

    /// <param name="run">The run.</param>
    /// <param name="restored">All parts of it, restored.</param>
    /// <param name="inFlight">Counts what this one has begun.</param>
    /// <param name="changed">Raised by whatever a poll tells.</param>
    public LiveRun(SequencedRun run, RestoredRun restored, InFlight inFlight, ChangeSignal changed)
    {
        var (world, manifest) = (run.World, restored.Manifest);
        (_run, _inFlight, _changed, _pipeline) = (run, inFlight, changed, restored.Pipeline);
        (_claims, _losses) = (new SharedLook<bool>(LookForNewerAsync, world.Time), new SharedLook<bool>(LookForLossAsync, world.Time));
        Inbox = Inbox.Resume(
            restored.Description.Specification.Clustering,
            ISequencerGrain.ReorderCapacity,
            manifest,
            restored.Seen,
            world.ReorderRoom
        );
        Processed = new ProcessedSteps(manifest.Current, scans: manifest.Epoch == 0, world.Time);
        _checkpoints = new Checkpoints(run, restored, Inbox, Processed, _end.Token);
        _record = new LiveRecord(run, Inbox, () => LastReport);
        _rowsLaunched = Processed.RowsAccepted;
    }

    /// <summary>What was processed is durable.</summary>
    public event Action? Settled;

    /// <summary>It cannot go on: whoever hears of it ends it.</summary>
    public event Action<LiveRun, Exception>? Failed;

    /// <inheritdoc cref="Checkpoints.Manifest"/>
    public Manifest Manifest => _checkpoints.Manifest;

    public Inbox Inbox { get; }

    /// <inheritdoc cref="Pipeline.IsHome"/>
    public bool IsHome => _pipeline.IsHome;

    /// <inheritdoc cref="Pipeline.Scorers"/>
    public ScorerWatch Scorers => _pipeline.Scorers;

    /// <summary>What was processed, durable or not.</summary>
    public ProcessedSteps Processed { get; }

    /// <inheritdoc cref="Checkpoints.LastReport"/>
    public EpochReport? LastReport => _checkpoints.LastReport;

    /// <summary>No step has begun for a time.</summary>
    public bool IsStill => _run.World.Time.GetElapsedTime(_launched) > _run.Options.QuietTime;

    /// <summary>Something is under way here: a step, or the end of an epoch.</summary>
    public bool IsBusy => _stepsInFlight > 0 || Inbox.AllEnded;

    public bool IsOver => _end.IsCancellationRequested;

    /// <summary>Begins to take what arrives.</summary>
    public void Begin()
    {
        _launched = _run.World.Time.GetTimestamp();
        _record.Tell();
        WatchForQuiet().Ignore();
        Pump();
    }

    /// <summary>Completes after a time, or when the live run ends.</summary>
    public async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _run.World.Time, _end.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>Nothing of this incarnation has an effect any more.</summary>
    public void Abandon()
    {
        _end.Cancel();
        Inbox.Abandon();
        _rested.TrySetResult();
    }

    /// <summary>Takes nothing more, and completes when what was processed is durable, or when the live run ends before.</summary>
    public Task RestAsync()
    {
        _resting = true;
        Pump();
        return _rested.Task;
    }

    /// <summary>Judges and files a message; processing happens in the pump, so a slow step never holds the stream.</summary>
    public void Receive(MiniBatch message)
    {
        var admission = Inbox.Offer(message, ContentHash.Of(message));
        _record.Judged(admission);
        switch (admission)
        {
            case Admission.NewerTrainer:
                HearOfNewer();
                break;
            case Admission.Filed or Admission.Refused:
                if (_record.HasRefused())
                    _changed.Raise();
                Pump();
                break;
        }
    }

    /// <summary>Somebody says to be a newer trainer.</summary>
    public void HearOfNewer() => _claims.Look().Ignore(); // a look that failed is repeated: it goes on saying so

    /// <summary>Somebody says that a grain is lost. Whoever is wrong costs little, however often it is said.</summary>
    public Task SearchAsync() => _losses.Look();

    async Task<bool> LookForNewerAsync()
    {
        if (!IsNewer(await _run.DescribeAsync()))
            return false;
        _admitting = true; // nothing is taken until it is admitted
        Pump();
        return true;
    }

    bool IsNewer(RunDescription run) => run.Generations.Where((generation, rank) => generation > Manifest.Generations[rank]).Any();

    async Task<bool> LookForLossAsync()
    {
        try
        {
            await _pipeline.VerifyAsync(LastReport?.Epoch ?? -1);
            return false;
        }
        catch (TimeoutException)
        {
            return false; // busy is not lost; the next look will tell
        }
        catch (Exception e)
        {
            Fail(e is StaleCallException or EpochNotReadableException ? new LostGrainException() : e);
            return true;
        }
    }

    /// <summary>Runs the one pump, or has the running one look again.</summary>
    void Pump()
    {
        _pumpAgain = true;
        if (!_pumping)
            RunPump().Ignore();
    }

    async Task RunPump()
    {
        using var pump = _inFlight.Begin();
        _pumping = true;
        try
        {
            while (_pumpAgain && !IsOver)
            {
                _pumpAgain = false;
                if (_admitting && _stepsInFlight == 0 && !_saving)
                    await AdmitAsync();
                while (
                    !_admitting
                    && !_resting
                    && _stepsInFlight < _run.Options.Lead
                    && _stepsSinceCapture < _run.Options.CheckpointInterval
                    && Inbox.TryTake(out var step)
                )
                    Launch(step);
                if (_record.HasRefused())
                    _changed.Raise();
                if (_stepsInFlight > 0 || _saving)
                    continue;
                if (Inbox.AllEnded)
                    await CloseEpochAsync();
                else if (_stepsSinceCapture >= _run.Options.CheckpointInterval || ((_quiet || _resting) && _stepsSinceCapture > 0))
                    await CheckpointAsync();
                else if (_resting)
                    _rested.TrySetResult();
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            _pumping = false;
        }
    }

    void Launch(StepParts step)
    {
        // A step of nothing but ends of epoch changes no state; its watermark moves with the boundary.
        if (step.Batches.Count == 0)
            return;
        var rows = step.Batches.Sum(batch => batch.ImageIds.Length);
        var under = _record.Begin("coke.step");
        var work = under.Do(() => _pipeline.Launch(Inbox.Epoch, _rowsLaunched, step.Batches));
        _rowsLaunched += rows;
        _stepsInFlight++;
        _stepsSinceCapture++;
        _launched = _run.World.Time.GetTimestamp();
        _quiet = false;
        FinishAsync(work, step, rows, under).Ignore();
    }

    async Task FinishAsync(Task work, StepParts step, int rows, Undertaking under)
    {
        using var finish = _inFlight.Begin();
        using var whole = under;
        try
        {
            await work;
            if (IsOver)
                return;
            _stepsInFlight--;
            Processed.Add(step, rows);
            _record.Finished(under, step.Batches.Count, rows);
            _changed.Raise();
            Pump();
        }
        catch (Exception e)
        {
            under.Fail(e);
            Fail(e);
        }
    }

    /// <summary>Steps go on as soon as everything is copied, and the rest happens behind them.</summary>
    async Task CheckpointAsync()
    {
        var under = _record.Begin("coke.checkpoint");
        var captured = await under.Do(_checkpoints.CaptureAsync);
        if (IsOver)
            return;
        _saving = true;
        _stepsSinceCapture = 0;
        _pumpAgain = true;
        SaveAsync(captured, Processed.Mark(captured), under).Ignore();
    }

    async Task SaveAsync(CheckpointNames captured, RunMark mark, Undertaking under)
    {
        using var save = _inFlight.Begin();
        using var whole = under;
        try
        {
            await under.Do(() => _checkpoints.SaveAsync(captured, mark));
            if (IsOver)
                return;
            _saving = false;
            _record.Stored(RunCount.Checkpoints, under);
            Settled?.Invoke();
            _changed.Raise();
            Pump();
        }
        catch (Exception e)
        {
            under.Fail(e);
            Fail(e);
        }
    }

    async Task CloseEpochAsync()
    {
        using var under = _record.Begin("coke.boundary").Tag("coke.epoch", Inbox.Epoch);
        await under.Do(_checkpoints.CloseEpochAsync);
        if (IsOver)
            return;
        _stepsSinceCapture = 0;
        _record.Stored(RunCount.Boundaries, under);
        Settled?.Invoke();
        _changed.Raise();
        _pumpAgain = true;
    }

    /// <summary>Rule 9: before anything of the epoch was taken a newer trainer is simply heard; else the run is rolled back by a
    /// recovery.</summary>
    async Task AdmitAsync()
    {
        var run = await _run.DescribeAsync();
        if (IsOver)
            return;
        if (!IsNewer(run))
        {
            _admitting = false; // nobody newer is known to the run
            return;
        }

        if (!Inbox.IsUntouched || !Manifest.IsAtBoundary)
            throw new NewerTrainerException();
        await _checkpoints.AdmitAsync(run.Generations);
        _admitting = false;
        for (var rank = 0; rank < Inbox.Ranks.Count; rank++)
            Inbox.Ranks[rank].Admit(Manifest.Generations[rank]);
        _changed.Raise();
        _pumpAgain = true;
    }

    void Fail(Exception e)
    {
        if (!IsOver)
            Failed?.Invoke(this, e);
    }

    async Task WatchForQuiet()
    {
        while (!IsOver)
        {
            var seen = Processed.Step;
            await PauseAsync(_run.Options.QuietTime);
            if (IsOver || seen != Processed.Step || _saving || _pumping)
                continue;
            _quiet = _stepsSinceCapture > 0;
            if (_quiet)
                Pump();
            else
                Settled?.Invoke();
        }
    }
}
