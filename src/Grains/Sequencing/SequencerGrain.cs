using CoKe.Abstractions;
using CoKe.Abstractions.Streams;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoKe.Grains.Sequencing;

/// <summary>How a sequencer paces a run.</summary>
public sealed class SequencerOptions
{
    /// <summary>Steps that heads may run ahead of the slowest one, 1 or more.</summary>
    public int Lead { get; set; } = 4;

    /// <summary>How long a poll waits for news: above zero, and well below the 30 s after which a call counts as lost.</summary>
    public TimeSpan PollPatience { get; set; } = TimeSpan.FromSeconds(1);

    internal void Validate()
    {
        if (Lead < 1) throw new InvalidOptionsException(nameof(Lead), $"{Lead}", $"Lead {Lead} would never start a step: use 1 or more.");
        if (PollPatience <= TimeSpan.Zero || PollPatience > TimeSpan.FromSeconds(20))
            throw new InvalidOptionsException(nameof(PollPatience), $"{PollPatience}", $"PollPatience {PollPatience} is out of range: use a time above zero, at most 20 s.");
    }
}

/// <summary>
/// Consumes a run's embedding stream and decides what was accepted. The stream callback only judges and files; one pump forms the steps and
/// drives heads, label shards and boundaries.
/// </summary>
[GrainType("sequencer"), KeepAlive, Reentrant, Immovable, ImplicitStreamSubscription(EmbeddingStreams.Namespace)]
internal sealed partial class SequencerGrain(IOptions<SequencerOptions> options, ILogger<SequencerGrain> log) : Grain, ISequencerGrain, IStreamSubscriptionObserver
{
    readonly ChangeSignal _changed = new();
    readonly List<EpochReport> _reports = [];
    Task? _started;
    RunSpecification? _specification;
    Inbox? _inbox;
    Pipeline? _pipeline;
    bool _pumping;
    bool _pumpAgain;
    int _incarnation;
    int _inFlight;
    long _rowsAccepted;
    long _rowsInEpoch;
    long _steps;
    long _stepsInEpoch;
    long _refusalsReported;
    string? _fault;

    string RunId => this.GetPrimaryKeyString();

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => await handleFactory.Create<MiniBatch>().ResumeAsync((message, _) => Receive(message));

    public Task StartAsync(RunSpecification specification) => _started is null or { IsFaulted: true } or { IsCanceled: true } ? _started = Start(specification) : _started;

    public Task AdmitAsync(int rank, int generation)
    {
        Inbox.Lanes[rank].Admit(generation);
        _changed.Raise();
        return Task.CompletedTask;
    }

    public async Task<Progress> PollAsync(int rank, int generation, long seenStamp)
    {
        await _changed.WaitBeyond(seenStamp, options.Value.PollPatience);
        if (rank < 0 || rank >= Inbox.Lanes.Count) throw new UnknownPartException("rank", rank, Inbox.Lanes.Count);
        var lane = Inbox.Lanes[rank];
        if (generation < lane.Generation) throw new FencedTrainerException(_specification!.Name, rank, generation, lane.Generation);
        if (generation > lane.Generation) throw new RunFaultedException(_specification!.Name, "it was lost and started again from its beginning; open a new session.");
        return new Progress(
            _changed.Stamp, _incarnation, Inbox.Attempt, Inbox.Epoch, _reports.LastOrDefault()?.CommittedIncarnation ?? 0, lane.Next, lane.Watermark, [.. lane.Refusals], _fault);
    }

    public Task<RunStatus> GetStatusAsync() => Task.FromResult(new RunStatus(
        _specification!.Name, RunId, _specification, _incarnation, Inbox.Attempt, Inbox.Epoch, _steps, _rowsInEpoch, _rowsAccepted,
        [.. Inbox.Lanes.Select((lane, rank) => new TrainerStatus(rank, lane.Generation, lane.Next, lane.Ended))],
        _reports.LastOrDefault(), _specification.Clustering.Warnings(), _fault, _changed.Stamp));

    public Task WaitForChangeAsync(long seenStamp) => _changed.WaitBeyond(seenStamp, options.Value.PollPatience);

    public Task<EpochReport> GetEpochReportAsync(int epoch) => epoch >= 0 && epoch < _reports.Count
        ? Task.FromResult(_reports[epoch])
        : throw new EpochNotReadableException($"the sequencer of run '{RunId}'", epoch, _reports.Count - 1);

    Inbox Inbox => _inbox ?? throw new UnknownRunException(RunId);

    async Task Start(RunSpecification specification)
    {
        // A start that failed half way left grains at its incarnation: only a new one is taken by all of them again.
        _specification = specification.WithoutInitialCenters();
        _incarnation++;
        var pipeline = new Pipeline(GrainFactory, RunId, specification, _incarnation);
        await pipeline.RestoreAsync();
        _inbox = new Inbox(specification.Clustering, specification.Trainers, ISequencerGrain.ReorderCapacity);
        _pipeline = pipeline;
        LogStarted(RunId, specification.Clustering.Heads.Count, specification.Clustering.ImageCount);
    }

    /// <summary>The stream callback: judges, files, returns. Processing happens in the pump, so a slow step never holds the stream.</summary>
    Task Receive(MiniBatch message)
    {
        if (_inbox is null || message.RunId != RunId || _fault is not null) return Task.CompletedTask;
        if (message.ImageIds is null || message.Embeddings is null) return Task.CompletedTask; // a throw here would hold the stream for ever
        var admission = _inbox.Offer(message, ContentHash.Of(message));
        if (admission == Admission.Dropped) return Task.CompletedTask;
        ReportRefusals();
        Pump();
        return Task.CompletedTask;
    }

    /// <summary>Runs the one pump, or has the running one look again.</summary>
    void Pump()
    {
        _pumpAgain = true;
        if (!_pumping) RunPump().Ignore();
    }

    async Task RunPump()
    {
        _pumping = true;
        try
        {
            while (_pumpAgain && _fault is null)
            {
                _pumpAgain = false;
                while (_inFlight < options.Value.Lead && Inbox.TryTake(out var step)) Launch(step);
                ReportRefusals();
                if (Inbox.AllEnded && _inFlight == 0) await CloseEpoch();
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

    void ReportRefusals()
    {
        if (Inbox.Refused == _refusalsReported) return;
        LogRefused(RunId, Inbox.Refused - _refusalsReported, Inbox.Epoch);
        _refusalsReported = Inbox.Refused;
        _changed.Raise();
    }

    void Launch(StepParts step)
    {
        // A step of nothing but ends of epoch changes no state; its watermark moves with the boundary.
        if (step.Batches.Count == 0) return;
        var rows = step.Batches.Sum(batch => batch.ImageIds.Length);
        var work = _pipeline!.Launch(Inbox.Epoch, _rowsAccepted, step.Batches);
        _rowsAccepted += rows;
        _inFlight++;
        Finish(work, step, rows).Ignore();
    }

    async Task Finish(Task work, StepParts step, int rows)
    {
        try
        {
            await work;
            _inFlight--;
            _steps++;
            _stepsInEpoch++;
            _rowsInEpoch += rows;
            for (var rank = 0; rank < step.Watermarks.Length; rank++) Inbox.Lanes[rank].Watermark = step.Watermarks[rank];
            _changed.Raise();
            Pump();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    async Task CloseEpoch()
    {
        var heads = await _pipeline!.CloseEpochAsync(Inbox.Epoch, _rowsAccepted, _rowsInEpoch);
        await _pipeline.CommitAsync(Inbox.Epoch);
        _reports.Add(new EpochReport(Inbox.Epoch, _rowsInEpoch, _stepsInEpoch, _incarnation, heads));
        LogCommitted(RunId, Inbox.Epoch, _rowsInEpoch, _stepsInEpoch);
        (_rowsInEpoch, _stepsInEpoch) = (0, 0);
        Inbox.OpenEpoch();
        _changed.Raise();
        _pumpAgain = true;
    }

    void Fail(Exception e)
    {
        if (_fault is not null) return;
        _fault = e.Message;
        LogFault(e, RunId, _steps);
        _changed.Raise();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {run} started: {heads} heads over {images} images.")]
    partial void LogStarted(string run, int heads, int images);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {run} committed epoch {epoch}: {rows} images in {steps} steps.")]
    partial void LogCommitted(string run, int epoch, long rows, long steps);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {run} refused {messages} messages in epoch {epoch}; their sessions know why.")]
    partial void LogRefused(string run, long messages, int epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {run} cannot go on after step {step}.")]
    partial void LogFault(Exception e, string run, long step);
}
