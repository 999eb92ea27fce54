using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// One incarnation of a run, from a completed recovery to its first failure: forms steps, launches them, checkpoints, closes epochs. One
/// pump does it all, so nothing is decided twice. Whatever fails ends the live run; the next one begins from the manifest.
/// </summary>
sealed partial class LiveRun
{
    readonly ActorWorld _world;
    readonly SequencerOptions _options;
    readonly string _runId;
    readonly InFlight _inFlight;
    readonly ManifestRow _row;
    readonly Pipeline _pipeline;
    readonly Action<LiveRun, Exception> _failed;
    readonly Action _changed;
    readonly Action _settled;
    readonly Func<Task<RunDescription>> _describe;
    readonly CancellationTokenSource _end = new();
    readonly TaskCompletionSource _rested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SharedLook<bool> _claims;
    readonly SharedLook<bool> _losses;
    readonly long[] _processed; // per rank: the watermark once what was processed is durable
    bool _pumping;
    bool _pumpAgain;
    bool _saving;
    bool _quiet;
    bool _admitting;
    bool _resting;
    int _stepsInFlight;
    long _stepsSinceCapture;
    long _launched;
    long _refusalsReported;

    public LiveRun(
        ActorWorld world,
        SequencerOptions options,
        string runId,
        InFlight inFlight,
        RunDescription run,
        ManifestRow row,
        Manifest manifest,
        Pipeline pipeline,
        SeenImages seen,
        EpochReport? lastReport,
        Func<Task<RunDescription>> describe,
        Action changed,
        Action settled,
        Action<LiveRun, Exception> failed
    )
    {
        (_world, _options, _runId, _inFlight, _row, _pipeline) = (world, options, runId, inFlight, row, pipeline);
        (_describe, _changed, _settled, _failed) = (describe, changed, settled, failed);
        (Manifest, LastReport) = (manifest, lastReport);
        (Step, StepsInEpoch, RowsInEpoch, RowsAccepted) = (
            manifest.Current.Step,
            manifest.Current.StepsInEpoch,
            manifest.Current.RowsInEpoch,
            manifest.Current.RowsAccepted
        );
        RowsLaunched = RowsAccepted;
        _processed = [.. manifest.Current.Watermarks];
        (_claims, _losses) = (new SharedLook<bool>(LookForNewerAsync, world.Time), new SharedLook<bool>(LookForLossAsync, world.Time));
        Inbox = Inbox.Resume(run.Specification.Clustering, ISequencerGrain.ReorderCapacity, manifest, seen, world.ReorderRoom);
    }

    /// <summary>What is durable.</summary>
    public Manifest Manifest { get; private set; }

    public Inbox Inbox { get; }

    /// <inheritdoc cref="Pipeline.IsHome"/>
    public bool IsHome => _pipeline.IsHome;

    /// <inheritdoc cref="Pipeline.Scorers"/>
    public ScorerWatch Scorers => _pipeline.Scorers;

    /// <summary>Steps processed, epoch ends included.</summary>
    public long Step { get; private set; }

    public long StepsInEpoch { get; private set; }

    public long RowsInEpoch { get; private set; }

    /// <summary>Rows processed in the whole run.</summary>
    public long RowsAccepted { get; private set; }

    /// <summary>A rank's sequences below this one are processed, durable or not.</summary>
    public long Processed(int rank) => _processed[rank];

    public EpochReport? LastReport { get; private set; }

    /// <summary>No step has begun for a time.</summary>
    public bool IsStill => _world.Time.GetElapsedTime(_launched) > _options.QuietTime;

    public bool IsOver => _end.IsCancellationRequested;

    long RowsLaunched { get; set; }

    /// <summary>Begins to take what arrives.</summary>
    public void Begin()
    {
        _launched = _world.Time.GetTimestamp();
        WatchForQuiet().Ignore();
        Pump();
    }

    /// <summary>Completes after a time, or when the live run ends.</summary>
    public async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _world.Time, _end.Token)
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
        switch (Inbox.Offer(message, ContentHash.Of(message)))
        {
            case Admission.NewerTrainer:
                HearOfNewer();
                break;
            case Admission.Filed or Admission.Refused:
                ReportRefusals();
                Pump();
                break;
        }
    }

    /// <summary>Somebody says to be a newer trainer.</summary>
    public void HearOfNewer() => _claims.Look().Ignore(); // a look that failed is repeated: it goes on saying so

    /// <summary>Somebody says that a grain is lost. Whoever is wrong costs little, however often it is said.</summary>
    public Task SearchAsync() => _losses.Look();

    /// <summary>A newer trainer has come: nothing is taken until it is admitted.</summary>
    void Admit()
    {
        _admitting = true;
        Pump();
    }

    async Task<bool> LookForNewerAsync()
    {
        var came = IsNewer(await _describe());
        if (came)
            Admit();
        return came;
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
                    && _stepsInFlight < _options.Lead
                    && _stepsSinceCapture < _options.CheckpointInterval
                    && Inbox.TryTake(out var step)
                )
                    Launch(step);
                ReportRefusals();
                if (_stepsInFlight > 0 || _saving)
                    continue;
                if (Inbox.AllEnded)
                    await CloseEpochAsync();
                else if (_stepsSinceCapture >= _options.CheckpointInterval || ((_quiet || _resting) && _stepsSinceCapture > 0))
                    await CaptureAsync();
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
        var work = _pipeline.Launch(Inbox.Epoch, RowsLaunched, step.Batches);
        RowsLaunched += rows;
        _stepsInFlight++;
        _stepsSinceCapture++;
        _launched = _world.Time.GetTimestamp();
        _quiet = false;
        FinishAsync(work, step, rows).Ignore();
    }

    async Task FinishAsync(Task work, StepParts step, int rows)
    {
        using var finish = _inFlight.Begin();
        try
        {
            await work;
            if (IsOver)
                return;
            _stepsInFlight--;
            Step++;
            StepsInEpoch++;
            RowsInEpoch += rows;
            RowsAccepted += rows;
            step.Watermarks.CopyTo(_processed, 0);
            _changed();
            Pump();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Rule 9: before anything of the epoch was taken a newer trainer is simply heard; else the run is rolled back by a
    /// recovery.</summary>
    async Task AdmitAsync()
    {
        var run = await _describe();
        if (IsOver)
            return;
        if (!IsNewer(run))
        {
            _admitting = false; // nobody newer is known to the run
            return;
        }

        if (!Inbox.IsUntouched || !Manifest.IsAtBoundary)
            throw new NewerTrainerException();
        await WriteManifest(Manifest.Admitting(run.Generations));
        _admitting = false;
        for (var rank = 0; rank < Inbox.Ranks.Count; rank++)
            Inbox.Ranks[rank].Admit(Manifest.Generations[rank]);
        _changed();
        _pumpAgain = true;
    }

    void ReportRefusals()
    {
        if (Inbox.Refused == _refusalsReported)
            return;
        _refusalsReported = Inbox.Refused;
        _changed();
    }

    void Fail(Exception e)
    {
        if (!IsOver)
            _failed(this, e);
    }

    async Task WatchForQuiet()
    {
        while (!IsOver)
        {
            var seen = Step;
            await PauseAsync(_options.QuietTime);
            if (IsOver || seen != Step || _saving || _pumping)
                continue;
            _quiet = _stepsSinceCapture > 0;
            if (_quiet)
                Pump();
            else
                _settled();
        }
    }
}

/// <summary>A grain of the run was found that has not been restored.</summary>
sealed class LostGrainException() : Exception("a grain was lost while nothing was sent to it.");

/// <summary>A newer trainer came in the middle of an epoch: the run is rolled back to its last boundary.</summary>
sealed class NewerTrainerException() : Exception("a newer trainer takes its place at the last boundary.");
