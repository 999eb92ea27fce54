using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Owns a run's manifest and decides what was accepted. What is asked of the run is answered here: by the present incarnation, or from what
/// is known and stored. Everything interleaves on one scheduler.
/// </summary>
sealed class Sequencer
{
    readonly SequencedRun _run;
    readonly SequencerActivation _activation;
    readonly Incarnations _incarnations;
    readonly RunMoves _moves;
    readonly KnownReports _reports;

    public Sequencer(SequencedRun run, SequencerActivation activation)
    {
        var homes = new Homes(run.World.Silos);
        (_run, _activation, _incarnations) = (run, activation, new Incarnations(run, activation, homes));
        _moves = new RunMoves(run, activation, _incarnations, homes);
        _reports = new KnownReports(new ReportRows(run.World, run.RunId));
        _incarnations.Began += live => _moves.WatchAsync(live).Ignore();
    }

    /// <summary>No run is or comes here: this activation was made by a question alone.</summary>
    public bool HoldsNothing => Life is not (RunLife.Recovering or RunLife.Live or RunLife.Departing) && _incarnations.Description is null;

    string Name => _run.Name;

    RunLife Life => _incarnations.Life;

    LiveRun? Live => _incarnations.Live;

    ChangeSignal Changed => _incarnations.Changed;

    /// <summary>The stream callback. What comes while the run recovers is dropped: its session sends it again.</summary>
    public void Receive(MiniBatch message)
    {
        if (message.RunId != _run.RunId || message.ImageIds is null || message.Embeddings is null)
            return; // a throw would hold the stream for ever
        if (Live is { } live)
        {
            See(message.Identity.Rank, message.Generation);
            live.Receive(message);
        }
        else
            Wake();
    }

    public async Task StartAsync()
    {
        Wake();
        var began = _run.World.Time.GetTimestamp();
        while (Live is null)
        {
            ThrowIfItCannotGoOn();
            if (_run.World.Time.GetElapsedTime(began) > _run.Options.StartPatience)
                throw Recovering();
            await Changed.WaitBeyond(Changed.Stamp, _run.Options.PollPatience, _run.World.Time);
        }
    }

    public async Task<Progress> PollAsync(int rank, int generation, long seenStamp)
    {
        Wake();
        See(rank, generation);
        // Before the run is live no stamp says anything, and a new activation knows only after its recovery that there is no run any more.
        var seen = Life is RunLife.Recovering ? Changed.Stamp : seenStamp;
        await Changed.WaitBeyond(seen, _run.Options.PollPatience, _run.World.Time);
        var (live, ofRank) = Hearing(rank, generation);
        if (generation > ofRank.Generation)
        {
            live.HearOfNewer();
            throw NotYetHeard();
        }

        return new Progress(
            Changed.Stamp,
            live.Manifest.Incarnation,
            live.Inbox.Attempt,
            live.Inbox.Epoch,
            live.LastReport?.CommittedIncarnation ?? 0,
            ofRank.Next,
            ofRank.Watermark,
            [.. ofRank.Refusals],
            live.Processed.Watermark(rank),
            live.Processed.Step
        );
    }

    /// <summary>A trainer tells of itself. Nobody is woken by it, and nobody who waits is told: whoever looks sees it.</summary>
    /// <exception cref="UnknownRunException">No such run: a trainer that goes on telling keeps no sequencer of nothing in
    /// memory.</exception>
    public async Task HearAsync(int rank, int generation, TrainerReport? report)
    {
        (report ?? throw new InvalidReportException("report", "missing", "The report is missing: give one.")).Validate();
        if (Live is null)
            await _incarnations.DescribeAsync();
        if (generation < 1 || generation > Hearing(rank, generation).OfRank.Generation)
            throw NotYetHeard();
        _incarnations.Trainers.Hear(rank, generation, report);
        _run.Meter.Hear(rank, report.Loss, report.ImagesPerSecond);
    }

    /// <summary>The run has noted durably which trainers are done.</summary>
    /// <exception cref="UnknownRunException">It was deleted meanwhile.</exception>
    public async Task HearOfFinishedAsync(IReadOnlyList<int> finished)
    {
        if (Live is null)
            await _incarnations.DescribeAsync();
        _incarnations.Trainers.HearOfFinished(finished);
        Changed.Raise();
    }

    /// <exception cref="UnknownRunException">No such run: nobody may keep a sequencer of nothing in memory by waiting for it.</exception>
    public async Task WaitForChangeAsync(long seenStamp)
    {
        if (Live is null)
            await _incarnations.DescribeAsync();
        await Changed.WaitBeyond(seenStamp, _run.Options.PollPatience, _run.World.Time);
    }

    public async Task<EpochReport> GetEpochReportAsync(int epoch)
    {
        var manifest = Live?.Manifest ?? await _incarnations.ReadManifestAsync();
        if (epoch < 0 || epoch > manifest.Committed.Epoch)
            throw new EpochNotReadableException($"the sequencer of run '{_run.RunId}'", epoch, manifest.Committed.Epoch);
        return Live?.LastReport is { } last && last.Epoch == epoch ? last : await new ReportRows(_run.World, _run.RunId).ReadAsync(epoch);
    }

    /// <inheritdoc cref="ISequencerGrain.GetEpochReportsAsync"/>
    public async Task<IReadOnlyList<EpochReport>> GetEpochReportsAsync(int first, int count)
    {
        KnownReports.Check(first, count);
        var manifest = Live?.Manifest ?? await _incarnations.ReadManifestAsync();
        return await _reports.ReadAsync(first, (int)Math.Min(first + (long)count, manifest.Committed.Epoch + 1L));
    }

    public Task ReportLostAsync(int incarnation)
    {
        Wake();
        return Live is { } live && live.Manifest.Incarnation == incarnation ? live.SearchAsync() : Task.CompletedTask;
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

        _incarnations.On(new LifeEvent.RestoreAsked());
        Changed.Raise(); // a recovery that is under way goes on, and whoever waits hears of the command all the same
        await StartAsync();
    }

    /// <summary>Whether an attempt was left before, or is being left: a command that is repeated must not go back twice.</summary>
    async Task<bool> HasLeftAsync(int attempt)
    {
        var stored = Live?.Manifest.Attempt ?? (await _incarnations.ReadManifestAsync()).Attempt;
        var present = Math.Max(stored, _incarnations.LastManifest?.Attempt ?? 0); // a swap may have come to its end while the row was read
        return attempt <= present
            ? attempt < present || Life is RunLife.Recovering { ToBoundary: true }
            : throw new AttemptConflictException(Name, attempt, present);
    }

    /// <summary>The run as it is; of a sleeping one, what is stored.</summary>
    public async Task<RunStatus> GetStatusAsync()
    {
        var description = await _incarnations.DescribeAsync();
        if (Live is { } live)
        {
            var trainers = live.Inbox.Ranks.Select(
                (ofRank, rank) =>
                    new TrainerStatus(
                        rank,
                        ofRank.Generation,
                        ofRank.Next,
                        live.Inbox.HasEnded(rank),
                        live.IsStill && live.Inbox.IsAwaited(rank)
                    )
            );
            // A commit is stored before everybody is told of it; the status goes on when they are, with the report of what was closed.
            return Status(description, live.Manifest, RunState.Live, live.LastReport, trainers, live.Inbox.Epoch, live) with
            {
                Step = live.Processed.Step - live.Inbox.Epoch,
                RowsInEpoch = live.Processed.RowsInEpoch,
                RowsAccepted = live.Processed.RowsAccepted,
                Scorers = live.Scorers.Status,
            };
        }

        var manifest = _incarnations.LastManifest ?? await _incarnations.ReadManifestAsync();
        var report = _incarnations.LastReport
            ?? (manifest.Committed.Epoch < 0 ? null : await new ReportRows(_run.World, _run.RunId).ReadAsync(manifest.Committed.Epoch));
        var state = Life switch
        {
            RunLife.Faulted => RunState.Faulted,
            RunLife.Recovering => RunState.Recovering,
            _ => RunState.Asleep,
        };
        var stored = manifest.Generations.Select(
            (generation, rank) => new TrainerStatus(rank, generation, manifest.Current.Watermarks[rank], Ended: false, IsAwaited: false)
        );
        return Status(description, manifest, state, report, stored, manifest.Epoch, null);
    }

    /// <summary>Removes everything of the run. Repeatable.</summary>
    public async Task DeleteAsync(RunDescription description)
    {
        _incarnations.On(new LifeEvent.Deleting());
        await _incarnations.InFlight.WhenNoneAsync();
        await _incarnations.Sizes.StopAsync();
        await new RunDeletion(_run, description).DeleteAsync();
        _activation.ReportTrouble(null);
        _activation.Leave(null);
    }

    /// <inheritdoc cref="RunMoves.VacateAsync"/>
    public Task<bool> VacateAsync(string silo) => _moves.VacateAsync(silo);

    /// <summary>The activation ends, perhaps with its silo: without this a recovery would be tried again for ever.</summary>
    public void Leave() => _incarnations.On(new LifeEvent.Leaving());

    /// <summary>The live run, for a trainer that has its rank, or is to have it.</summary>
    (LiveRun Live, RankInbox OfRank) Hearing(int rank, int generation)
    {
        ThrowIfItCannotGoOn();
        var live = Live ?? throw Recovering();
        if (rank < 0 || rank >= live.Inbox.Ranks.Count)
            throw new UnknownPartException("rank", rank, live.Inbox.Ranks.Count);
        var ofRank = live.Inbox.Ranks[rank];
        if (generation < ofRank.Generation)
            throw new FencedTrainerException(Name, rank, generation, ofRank.Generation);
        return (live, ofRank);
    }

    RunRecoveringException NotYetHeard() => new(Name, "a newer trainer is being admitted.");

    /// <summary>A sign of life, of whoever has the rank.</summary>
    void See(int rank, int generation)
    {
        if (Live is { } live && (uint)rank < (uint)live.Inbox.Ranks.Count && live.Inbox.Ranks[rank].Generation == generation)
            _incarnations.Trainers.See(rank, generation);
    }

    void Wake() => _incarnations.On(new LifeEvent.Needed());

    void ThrowIfItCannotGoOn()
    {
        switch (Life)
        {
            case RunLife.Faulted fault:
                throw new RunFaultedException(Name, fault.Reason);
            case RunLife.Deleted:
                throw new UnknownRunException(Name);
            case RunLife.Departing or RunLife.Left:
                throw Recovering();
        }
    }

    RunRecoveringException Recovering() => new(Name, _incarnations.HinderedBy ?? "its state is being restored.");

    /// <summary>Steps that were mini-batches: every epoch's end counts as one step too.</summary>
    static long MiniBatches(Manifest manifest) => manifest.Current.Step - manifest.Epoch;

    RunStatus Status(
        RunDescription run,
        Manifest manifest,
        RunState state,
        EpochReport? report,
        IEnumerable<TrainerStatus> ranks,
        int epoch,
        LiveRun? live
    )
    {
        var present = new RunPresence(_incarnations.Trainers, ranks, state, epoch, live);
        return new(
            Name,
            _run.RunId,
            run.Specification,
            manifest.Incarnation,
            manifest.Attempt,
            epoch,
            MiniBatches(manifest),
            manifest.Current.RowsInEpoch,
            manifest.Current.RowsAccepted,
            present.Trainers,
            report,
            [.. run.Specification.Clustering.Warnings(), .. new[] { _incarnations.Sizes.Trouble, Live?.Scorers.Trouble }.OfType<string>()],
            (Life as RunLife.Faulted)?.Reason,
            Changed.Stamp,
            state,
            MiniBatches(manifest),
            _incarnations.HinderedBy,
            run.Layout
        )
        {
            Created = run.Created,
            Updated = live is null ? manifest.Current.Updated : live.Processed.Updated,
            Activity = present.Activity,
            ImagesPerSecond = present.ImagesPerSecond,
            SecondsLeft = present.SecondsLeft(run.Specification.Clustering.ImageCount),
        };
    }
}
