using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>What a session asks of its run. While the run recovers it asks again: what is committed will be readable again.</summary>
sealed class SessionReader(
    SessionWorld world,
    TrainerRegistration registration,
    SessionOptions session,
    SendWindow window,
    Delivery delivery
)
{
    readonly ISequencerGrain _sequencer = world.Grains.GetGrain<ISequencerGrain>(registration.RunId);
    readonly ClusterReader _clusters = new(world.Grains, registration.RunId, registration.Specification.Clustering, registration.Layout);

    /// <summary>The report of an epoch that is committed.</summary>
    public Task<EpochReport> ReadReportAsync(int epoch, CancellationToken cancellation) =>
        Patiently(() => _sequencer.GetEpochReportAsync(epoch), isCommitted: true, cancellation);

    /// <summary>Labels of the last epoch that is known to be committed.</summary>
    public Task<EpochLabels> ReadLabelsAsync(ReadOnlyMemory<int> imageIds, CancellationToken cancellation) =>
        Patiently(() => _clusters.ReadLabelsAsync(Committed, imageIds), delivery.Known.Epoch > 0, cancellation);

    /// <summary>Frozen centers of the last epoch that is known to be committed.</summary>
    public Task<float[][]> ReadCentersAsync(CancellationToken cancellation) =>
        Patiently(() => _clusters.ReadCentersAsync(Committed), delivery.Known.Epoch > 0, cancellation);

    /// <summary>What the open epoch holds when everything that was pushed in it is processed.</summary>
    public Task<UncommittedState> ReadUncommittedAsync(ReadOnlyMemory<int> imageIds, CancellationToken cancellation) =>
        Patiently(
            async () =>
            {
                var processed = await delivery.WaitForProcessed(cancellation);
                var name = new UncommittedName(processed.Incarnation, processed.Step, processed.Epoch);
                return await _clusters.ReadUncommittedAsync(name, imageIds);
            },
            delivery.Known.Epoch > 0,
            cancellation
        );

    /// <summary>Has it noted that the trainer is done; repeated where the answer may have been lost.</summary>
    public Task FinishAsync(CancellationToken cancellation)
    {
        var run = world.Grains.GetGrain<IRunGrain>(registration.Specification.Name);
        return world.AskAgainAsync(
            async () =>
            {
                await run.FinishAsync(registration.Rank, registration.Generation, registration.RunId);
                return true;
            },
            session.GiveUpAfter,
            cancellation
        );
    }

    // The trainer may not have begun the next epoch yet, when it has given up waiting for this one's end.
    EpochName Committed =>
        delivery.Known is { Epoch: > 0 } known
            ? new EpochName(known.Epoch - 1, known.CommittedIncarnation)
            : throw new EpochNotReadableException($"run '{registration.Specification.Name}'", -1, -1);

    async Task<T> Patiently<T>(Func<Task<T>> question, bool isCommitted, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var time = world.Time;
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await world.AskAsync(question).WaitOrIgnoreAsync(cancellation);
            }
            catch (Exception e)
                when (isCommitted
                    && !cancellation.IsCancellationRequested
                    && (PassingErrors.MayPass(e) || e is StaleCallException or EpochNotReadableException)
                    && time.GetElapsedTime(began) < session.GiveUpAfter
                )
            {
                if (window.Failure is { } failure and not RolledBackException)
                    throw failure;
                if (e is StaleCallException or EpochNotReadableException)
                    _sequencer.ReportLostAsync(delivery.Known.Incarnation).Ignore();
                await Task.Delay(ClientTimes.Pause, time, cancellation);
            }
        }
    }
}
