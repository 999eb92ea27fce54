using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Owns a run's manifest and decides what was accepted. It is a sequence of incarnations: each begins with a recovery and lasts, as a
/// <see cref="LiveRun"/>, until anything fails. Everything interleaves on one scheduler.
/// </summary>
sealed partial class Sequencer
{
    readonly string _runId;
    readonly string _silo;
    readonly ActorWorld _world;
    readonly SequencerOptions _options;
    readonly ILogger _log;
    readonly Action<string?> _leave;
    readonly Action<string?> _reportTrouble;
    readonly ChangeSignal _changed = new();
    readonly InFlight _inFlight = new(); // recoveries, and what live runs have begun
    readonly TakeOver _takeOver;
    readonly SizePublisher _sizes;
    readonly Occasions _recoveries = new();
    LiveRun? _live;
    Manifest? _lastManifest;
    RunDescription? _description;
    EpochReport? _lastReport;
    bool _recovering;
    bool _stopped;
    bool _toBoundary;
    bool _deleted;
    bool _storageFailed;
    int _failures;
    string? _fault;
    string? _hindrance;

    /// <param name="runId">The run.</param>
    /// <param name="owner">Names this activation; unlike any other's.</param>
    /// <param name="silo">Where this activation lives.</param>
    /// <param name="world">The world.</param>
    /// <param name="options">The pace.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="leave">Ends this activation; its successor is made on the silo that is named, or where it is needed.</param>
    /// <param name="reportTrouble">Told what hinders the run, or null when nothing does any more.</param>
    public Sequencer(
        string runId,
        string owner,
        string silo,
        ActorWorld world,
        SequencerOptions options,
        ILogger log,
        Action<string?> leave,
        Action<string?> reportTrouble
    )
    {
        (_runId, _silo, _world, _options, _log, _leave, _reportTrouble) = (runId, silo, world, options, log, leave, reportTrouble);
        _takeOver = new TakeOver(world, runId, owner);
        _sizes = new SizePublisher(runId, world, log);
    }

    /// <summary>No run is or comes here: this activation was made by a question alone.</summary>
    public bool HoldsNothing => _live is null && !_recovering && _description is null;

    string Name => Keys.RunName(_runId);

    IRunGrain Run => _world.Grains.GetGrain<IRunGrain>(Name);

    /// <summary>The stream callback. What comes while the run recovers is dropped: its session sends it again.</summary>
    public void Receive(MiniBatch message)
    {
        if (message.RunId != _runId || message.ImageIds is null || message.Embeddings is null)
            return; // a throw would hold the stream for ever
        if (_live is { } live)
            live.Receive(message);
        else
            Wake();
    }

    public async Task StartAsync()
    {
        Wake();
        var began = _world.Time.GetTimestamp();
        while (_live is null)
        {
            ThrowIfItCannotGoOn();
            if (_world.Time.GetElapsedTime(began) > _options.StartPatience)
                throw Recovering();
            await _changed.WaitBeyond(_changed.Stamp, _options.PollPatience, _world.Time);
        }
    }

    public async Task<Progress> PollAsync(int rank, int generation, long seenStamp)
    {
        Wake();
        // Before the run is live no stamp says anything, and a new activation knows only after its recovery that there is no run any more.
        var seen = _live is null && !_stopped && _fault is null ? _changed.Stamp : seenStamp;
        await _changed.WaitBeyond(seen, _options.PollPatience, _world.Time);
        ThrowIfItCannotGoOn();
        var live = _live ?? throw Recovering();
        if (rank < 0 || rank >= live.Inbox.Ranks.Count)
            throw new UnknownPartException("rank", rank, live.Inbox.Ranks.Count);
        var ofRank = live.Inbox.Ranks[rank];
        if (generation < ofRank.Generation)
            throw new FencedTrainerException(Name, rank, generation, ofRank.Generation);
        if (generation > ofRank.Generation)
        {
            live.HearOfNewer();
            throw new RunRecoveringException(Name, "a newer trainer is being admitted.");
        }

        return new Progress(
            _changed.Stamp,
            live.Manifest.Incarnation,
            live.Inbox.Attempt,
            live.Inbox.Epoch,
            live.LastReport?.CommittedIncarnation ?? 0,
            ofRank.Next,
            ofRank.Watermark,
            [.. ofRank.Refusals],
            live.Processed(rank),
            live.Step
        );
    }

    /// <exception cref="UnknownRunException">No such run: nobody may keep a sequencer of nothing in memory by waiting for it.</exception>
    public async Task WaitForChangeAsync(long seenStamp)
    {
        if (_live is null)
            _description ??= await Run.DescribeAsync(_runId);
        await _changed.WaitBeyond(seenStamp, _options.PollPatience, _world.Time);
    }

    public async Task<EpochReport> GetEpochReportAsync(int epoch)
    {
        var manifest = _live?.Manifest ?? await ReadManifestAsync();
        if (epoch < 0 || epoch > manifest.Committed.Epoch)
            throw new EpochNotReadableException($"the sequencer of run '{_runId}'", epoch, manifest.Committed.Epoch);
        return _live?.LastReport is { } last && last.Epoch == epoch ? last : await new ReportRows(_world, _runId).ReadAsync(epoch);
    }

    public Task ReportLostAsync(int incarnation)
    {
        Wake();
        return _live is { } live && live.Manifest.Incarnation == incarnation ? live.SearchAsync() : Task.CompletedTask;
    }

    /// <summary>Goes back to the last boundary by a command; clears a fault.</summary>
    /// <param name="leaving">The attempt that is left; null: whichever it is.</param>
    public async Task RestoreBoundaryAsync(int? leaving)
    {
        if (leaving is { } attempt && await HasLeftAsync(attempt))
        {
            await StartAsync();
            return;
        }

        _toBoundary = true;
        _fault = null;
        EndLiveRun();
        RecoverAsync().Ignore();
        await StartAsync();
    }

    /// <summary>Whether an attempt was left before, or is being left: a command that is repeated must not go back twice.</summary>
    async Task<bool> HasLeftAsync(int attempt)
    {
        var stored = _live?.Manifest.Attempt ?? (await ReadManifestAsync()).Attempt;
        var present = Math.Max(stored, _lastManifest?.Attempt ?? 0); // a swap may have come to its end while the row was read
        return attempt <= present ? attempt < present || _toBoundary : throw new AttemptConflictException(Name, attempt, present);
    }

    void ThrowIfItCannotGoOn()
    {
        if (_fault is { } fault)
            throw new RunFaultedException(Name, fault);
        if (_deleted)
            throw new UnknownRunException(Name);
        if (_stopped)
            throw Recovering();
    }

    RunRecoveringException Recovering() => new(Name, _hindrance ?? "its state is being restored.");

    void EndLiveRun()
    {
        if (_live is { } last)
        {
            (_lastManifest, _lastReport) = (last.Manifest, last.LastReport); // what the status tells until the next live run begins
            last.Abandon();
        }

        _live = null;
        _changed.Raise();
    }
}
