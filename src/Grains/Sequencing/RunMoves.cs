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
sealed partial class RunMoves(SequencedRun run, SequencerActivation activation, Incarnations incarnations, Homes homes)
{
    const int MostDoublings = 6;

    readonly Occasions _crawls = new(),
        _failures = new();
    int _strays; // moves in a row after which something was still not where it should be

    IReadOnlyCollection<string> Homes => homes.Present;

    /// <summary>A silo leaves. It is in no hurry to stop before it has an answer, so what lives there works until it has moved.</summary>
    /// <returns>False: the sequencer itself leaves.</returns>
    public async Task<bool> VacateAsync(string silo)
    {
        homes.Leaves(silo);
        if (silo == activation.Silo)
        {
            incarnations.On(new LifeEvent.Vacating()); // taken over by whoever is asked next, from what is durable now
            if (incarnations.Live is { } last)
                await last.RestAsync();
            incarnations.On(new LifeEvent.Rested());
            return false;
        }

        incarnations.On(new LifeEvent.Needed());
        while (
            incarnations.Life is RunLife.Recovering or RunLife.Live
            && (incarnations.Live is null || incarnations.Live.Manifest.Placement?.Uses(silo) == true)
        )
        {
            if (incarnations.Live is { } live)
                await MoveAsync(live);
            else
                await incarnations.Changed.WaitBeyond(incarnations.Changed.Stamp, run.Options.PollPatience, run.World.Time);
        }

        return !incarnations.Life.IsEnding;
    }

    /// <summary>Looks at the silos now and then, as long as a run is live: views of the cluster differ, and one look costs next to
    /// nothing.</summary>
    public async Task WatchAsync(LiveRun live)
    {
        while (!live.IsOver)
        {
            try
            {
                await FollowAsync(live);
                return;
            }
            catch (Exception e)
            {
                // Nobody waits for this, and the run goes on: unless it is told and tried again, it follows no silo any more.
                if (_failures.IsTold(out var count))
                    LogFailure(run.Log, run.RunId, count, Reason.Of(e));
            }

            await live.PauseAsync(GrainTimes.SiloGlance);
        }
    }

    async Task FollowAsync(LiveRun live)
    {
        var (seen, since) = (Homes, run.World.Time.GetTimestamp());
        _strays = live.IsHome && HomeOf(seen) is null ? 0 : _strays + 1;
        while (true)
        {
            await live.PauseAsync(GrainTimes.SiloGlance);
            if (live.IsOver)
                return;
            if (live.Scorers.Trouble is { } trouble && _crawls.IsTold(out var count))
                LogCrawls(run.Log, run.RunId, trouble, count);
            var present = Homes;
            if (!present.Order().SequenceEqual(seen.Order()))
                (seen, since) = (present, run.World.Time.GetTimestamp());
            if (!IsToMove(live, present, run.World.Time.GetElapsedTime(since)))
                continue;
            await MoveAsync(live);
            return;
        }
    }

    /// <summary>The run, or what drives it, should live elsewhere, and the silos have been the same for long enough.</summary>
    bool IsToMove(LiveRun live, IReadOnlyCollection<string> present, TimeSpan same)
    {
        if (live.Manifest.Placement is not { } placement || Wanted(placement, present) is not { } wanted)
            return false;
        var isWanted = wanted.IsSameAs(placement);
        if (isWanted && live.IsHome && HomeOf(present) is null)
            return false;

        // A silo that joins may leave again: only when it has stayed for a while a run stops for it. What is gone cannot be waited for.
        // What strayed found silos of different views, and so did a sequencer that is not where its queue is: it is called home when they
        // have had time to agree, and if they never do, ever more rarely.
        var patience = isWanted ? run.Options.SettleTime * Math.Pow(2, Math.Min(_strays, MostDoublings)) : run.Options.SettleTime;
        return !placement.IsWithin(present) || same >= patience;
    }

    /// <summary>The silo with the queue of the run's stream, where the sequencer should live; null: it does.</summary>
    string? HomeOf(IReadOnlyCollection<string> present) =>
        run.World.Silos.Order(run.RunId, present).FirstOrDefault() is { } home && run.World.Silos.IsAway(activation.Silo, home)
            ? home
            : null;

    RunPlacement? Wanted(RunPlacement placement, IReadOnlyCollection<string> present) =>
        RunPlacement.Plan(
            placement,
            run.World.Silos.Order(run.RunId, present),
            incarnations.Description!.Specification.Clustering,
            incarnations.Description.Layout
        );

    /// <summary>Goes on elsewhere, from what is made durable first. When that fails, the recovery that follows has the same plan.</summary>
    async Task MoveAsync(LiveRun live)
    {
        await live.RestAsync();
        if (live != incarnations.Live)
            return;
        LogMoves(run.Log, run.RunId, live.Processed.Step, Homes.Count);
        if (HomeOf(Homes) is { } home)
        {
            // Its successor is awake before the next trainer asks.
            incarnations.On(new LifeEvent.Moved(home));
            run.World.Grains.GetGrain<ISequencerGrain>(run.RunId).StartAsync().Ignore();
            return;
        }

        incarnations.On(new LifeEvent.Moved(SuccessorAt: null));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {run} waits for one of its silos: {trouble} Seen {count} times.")]
    static partial void LogCrawls(ILogger log, string run, string trouble, long count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {run} goes on, but could not look where it should live, failure {count} here: {reason}"
    )]
    static partial void LogFailure(ILogger log, string run, long count, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {run} is spread anew at step {step}: {silos} silos take grains.")]
    static partial void LogMoves(ILogger log, string run, long step, int silos);
}
