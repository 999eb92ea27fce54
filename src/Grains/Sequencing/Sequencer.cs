using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Owns a run's manifest and decides what was accepted. It is a sequence of incarnations: each begins with a recovery and lasts, as a
/// <see cref="Reign"/>, until anything fails. Everything interleaves on one scheduler.
/// </summary>
internal sealed partial class Sequencer
{
    readonly string _runId;
    readonly string _silo;
    readonly Surroundings _surroundings;
    readonly SequencerOptions _options;
    readonly ILogger _log;
    readonly Action<string?> _leave;
    readonly Action<string?> _reportTrouble;
    readonly ChangeSignal _changed = new();
    readonly Underway _underway = new(); // recoveries, and what reigns have begun
    readonly TakeOver _takeOver;
    readonly SizePublisher _sizes;
    readonly Occasions _recoveries = new();
    Reign? _reign;
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
    /// <param name="surroundings">The world.</param>
    /// <param name="options">The pace.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="leave">Ends this activation; its successor is made on the silo that is named, or where it is needed.</param>
    /// <param name="reportTrouble">Told what hinders the run, or null when nothing does any more.</param>
    public Sequencer(
        string runId,
        string owner,
        string silo,
        Surroundings surroundings,
        SequencerOptions options,
        ILogger log,
        Action<string?> leave,
        Action<string?> reportTrouble
    )
    {
        (_runId, _silo, _surroundings, _options, _log, _leave, _reportTrouble) = (
            runId,
            silo,
            surroundings,
            options,
            log,
            leave,
            reportTrouble
        );
        _takeOver = new TakeOver(surroundings, runId, owner);
        _sizes = new SizePublisher(runId, surroundings, log);
    }

    /// <summary>No run is or comes here: this activation was made by a question alone.</summary>
    public bool HoldsNothing => _reign is null && !_recovering && _description is null;

    string Name => Keys.RunName(_runId);

    IRunGrain Run => _surroundings.Grains.GetGrain<IRunGrain>(Name);

    /// <summary>The stream callback. What comes while the run recovers is dropped: its session sends it again.</summary>
    public void Receive(MiniBatch message)
    {
        if (message.RunId != _runId || message.ImageIds is null || message.Embeddings is null)
            return; // a throw would hold the stream for ever
        if (_reign is { } reign)
            reign.Receive(message);
        else
            Wake();
    }

    public async Task StartAsync()
    {
        Wake();
        var began = _surroundings.Time.GetTimestamp();
        while (_reign is null)
        {
            ThrowIfItCannotGoOn();
            if (_surroundings.Time.GetElapsedTime(began) > _options.StartPatience)
                throw Recovering();
            await _changed.WaitBeyond(_changed.Stamp, _options.PollPatience, _surroundings.Time);
        }
    }

    public async Task<Progress> PollAsync(int rank, int generation, long seenStamp)
    {
        Wake();
        await _changed.WaitBeyond(seenStamp, _options.PollPatience, _surroundings.Time);
        ThrowIfItCannotGoOn();
        var reign = _reign ?? throw Recovering();
        if (rank < 0 || rank >= reign.Inbox.Lanes.Count)
            throw new UnknownPartException("rank", rank, reign.Inbox.Lanes.Count);
        var lane = reign.Inbox.Lanes[rank];
        if (generation < lane.Generation)
            throw new FencedTrainerException(Name, rank, generation, lane.Generation);
        if (generation > lane.Generation)
        {
            reign.HearOfNewer();
            throw new RunRecoveringException(Name, "a newer trainer is being admitted.");
        }

        return new Progress(
            _changed.Stamp,
            reign.Manifest.Incarnation,
            reign.Inbox.Attempt,
            reign.Inbox.Epoch,
            reign.LastReport?.CommittedIncarnation ?? 0,
            lane.Next,
            lane.Watermark,
            [.. lane.Refusals],
            Fault: null,
            reign.Processed(rank),
            reign.Step
        );
    }

    /// <exception cref="UnknownRunException">No such run: nobody may keep a sequencer of nothing in memory by waiting for it.</exception>
    public async Task WaitForChangeAsync(long seenStamp)
    {
        if (_reign is null)
            _description ??= await Run.DescribeAsync(_runId);
        await _changed.WaitBeyond(seenStamp, _options.PollPatience, _surroundings.Time);
    }

    public async Task<EpochReport> GetEpochReportAsync(int epoch)
    {
        var manifest = _reign?.Manifest ?? await ReadManifestAsync();
        if (epoch < 0 || epoch > manifest.Committed.Epoch)
            throw new EpochNotReadableException($"the sequencer of run '{_runId}'", epoch, manifest.Committed.Epoch);
        return _reign?.LastReport is { } last && last.Epoch == epoch ? last : await new ReportRows(_surroundings, _runId).ReadAsync(epoch);
    }

    public Task ReportLostAsync(int incarnation)
    {
        Wake();
        return _reign is { } reign && reign.Manifest.Incarnation == incarnation ? reign.SearchAsync() : Task.CompletedTask;
    }

    /// <summary>Goes back to the last boundary by a command; clears a fault.</summary>
    public async Task RestoreBoundaryAsync()
    {
        _toBoundary = true;
        _fault = null;
        EndReign();
        RecoverAsync().Ignore();
        await StartAsync();
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

    void EndReign()
    {
        if (_reign is { } last)
        {
            (_lastManifest, _lastReport) = (last.Manifest, last.LastReport); // what the status tells until the next reign begins
            last.Abandon();
        }

        _reign = null;
        _changed.Raise();
    }
}
