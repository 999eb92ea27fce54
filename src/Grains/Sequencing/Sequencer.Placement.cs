using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Where the run lives (docs/protocol.md, rule 10). When silos come or leave, the live run rests (everything is durable then) and the next
/// incarnation is restored over the silos that there are. What stays is not known to be of the manifest's version unless it is restored
/// too, and to restore all of a run takes less than to tell: so nothing is special about it, and a move is as safe as a recovery.
/// </summary>
sealed partial class Sequencer
{
    const int MostDoublings = 6;

    readonly HashSet<string> _leaving = [];
    readonly Occasions _crawls = new();
    int _strays; // moves in a row after which something was still not where it should be

    /// <summary>Silos that may hold the run. All are leaving: it stays where it is until they are gone.</summary>
    IReadOnlyCollection<string> Homes
    {
        get
        {
            var active = _world.Silos.Active;
            string[] staying = [.. active.Where(silo => !_leaving.Contains(silo))];
            return staying.Length > 0 ? staying : active;
        }
    }

    /// <summary>A silo leaves. It is in no hurry to stop before it has an answer, so what lives there works until it has moved.</summary>
    public async Task<bool> VacateAsync(string silo)
    {
        _leaving.Add(silo);
        if (silo == _silo)
        {
            _stopped = true; // taken over by whoever is asked next, from what is durable now
            if (_live is { } last)
                await last.RestAsync();
            Stop();
            return false;
        }

        Wake();
        while (!_stopped && _fault is null && (_live is null || _live.Manifest.Placement?.Uses(silo) == true))
        {
            if (_live is { } live)
                await MoveAsync(live);
            else
                await _changed.WaitBeyond(_changed.Stamp, _options.PollPatience, _world.Time);
        }

        return !_stopped;
    }

    /// <summary>Looks at the silos now and then: views of the cluster differ, and one look costs next to nothing.</summary>
    async Task WatchSilos(LiveRun live)
    {
        var (seen, since) = (Homes, _world.Time.GetTimestamp());
        _strays = live.IsHome ? 0 : _strays + 1;
        while (true)
        {
            await live.PauseAsync(GrainTimes.SiloGlance);
            if (live.IsOver)
                return;
            if (live.Scorers.Trouble is { } trouble && _crawls.IsTold(out var count))
                LogCrawls(_log, _runId, trouble, count);
            var homes = Homes;
            if (!homes.Order().SequenceEqual(seen.Order()))
                (seen, since) = (homes, _world.Time.GetTimestamp());
            if (live.Manifest.Placement is not { } present || Wanted(present, homes) is not { } wanted)
                continue;
            var isWanted = wanted.IsSameAs(present);
            if (isWanted && live.IsHome)
                continue;

            // A silo that joins may leave again: only when it has stayed for a while a run stops for it. What is gone cannot be waited for.
            // What strayed found silos of different views: it is called home when they have had time to agree, and if they never do, ever
            // more rarely.
            var patience = isWanted ? _options.SettleTime * Math.Pow(2, Math.Min(_strays, MostDoublings)) : _options.SettleTime;
            if (present.IsWithin(homes) && _world.Time.GetElapsedTime(since) < patience)
                continue;
            await MoveAsync(live);
            return;
        }
    }

    RunPlacement? Wanted(RunPlacement present, IReadOnlyCollection<string> homes) =>
        RunPlacement.Plan(present, _world.Silos.Order(_runId, homes), _description!.Specification.Clustering, _description.Layout);

    /// <summary>Goes on elsewhere, from what is made durable first. When that fails, the recovery that follows has the same plan.</summary>
    async Task MoveAsync(LiveRun live)
    {
        await live.RestAsync();
        if (live != _live)
            return;
        LogMoves(_log, _runId, live.Step, Homes.Count);
        if (_world.Silos.Order(_runId, Homes).FirstOrDefault() is { } home && _world.Silos.IsAway(_silo, home))
        {
            // The sequencer moves only when the run does anyway. Its successor is awake before the next trainer asks.
            Stop(home);
            _world.Grains.GetGrain<ISequencerGrain>(_runId).StartAsync().Ignore();
            return;
        }

        EndLiveRun();
        await RecoverAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {run} waits for one of its silos: {trouble} Seen {count} times.")]
    static partial void LogCrawls(ILogger log, string run, string trouble, long count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {run} is spread anew at step {step}: {silos} silos take grains.")]
    static partial void LogMoves(ILogger log, string run, long step, int silos);
}
