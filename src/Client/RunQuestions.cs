using CoKe.Abstractions;
using CoKe.Errors;

namespace CoKe.Client;

/// <summary>
/// Asks grains of a run that may be asleep, may lose a grain, or may commit an epoch while it is asked: wakes it, has it look for what was
/// lost, and asks again.
/// </summary>
sealed class RunQuestions(IClusterClient client, PatientClient patient)
{
    // How often a question is repeated after a grain was found lost, or the run was faster than the question.
    const int Tries = 5;

    /// <summary>The grain of a run.</summary>
    /// <param name="run">Its name or its id.</param>
    /// <exception cref="UnknownRunException">No run can have that name.</exception>
    public IRunGrain Run(string run) =>
        string.IsNullOrWhiteSpace(run) ? throw new UnknownRunException(run ?? "") : client.GetGrain<IRunGrain>(Keys.RunName(run));

    /// <summary>The id that was given; null where it was a name, which any run may have.</summary>
    public static string? IdIn(string run) => Keys.RunName(run) == run ? null : run;

    /// <summary>The run, live; a run that sleeps sleeps on.</summary>
    public Task<RunStatus> GetStatusAsync(string run, CancellationToken cancellation) =>
        patient.AskAsync(
            ClientTimes.Soon,
            async () =>
                await Run(run).GetStatusAsync() is var status && (IdIn(run) ?? status.RunId) == status.RunId
                    ? status
                    : throw new UnknownRunException(run), // another one has the name by now
            cancellation
        );

    /// <summary>The id of a run.</summary>
    public Task<string> GetRunIdAsync(string run, CancellationToken cancellation) =>
        patient.AskAsync(
            ClientTimes.Soon,
            async () =>
                await Run(run).GetRunIdAsync() is var runId && (IdIn(run) ?? runId) == runId ? runId : throw new UnknownRunException(run),
            cancellation
        );

    /// <summary>The run after its next change, or after about a second.</summary>
    public async Task<RunStatus> WaitForChangeAsync(RunStatus status, CancellationToken cancellation)
    {
        var sequencer = client.GetGrain<ISequencerGrain>(status.RunId);
        await patient.DoAsync(ClientTimes.Soon, () => sequencer.WaitForChangeAsync(status.Stamp), cancellation);
        return await GetStatusAsync(status.RunId, cancellation);
    }

    /// <summary>Asks grains of a run, which must be in memory: wakes the run, and has it restored when one was lost.</summary>
    /// <param name="status">The run.</param>
    /// <param name="question">Asked with the run as it is then.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<T> AskAsync<T>(RunStatus status, Func<RunStatus, Task<T>> question, CancellationToken cancellation) =>
        patient.AskAsync(ClientTimes.Later, () => AskOnceAsync(status, question), cancellation);

    /// <summary>Reads from the grains that serve the last committed epoch, and only that.</summary>
    /// <param name="run">The run.</param>
    /// <param name="asked">The epoch it must be.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<T> ReadAsync<T>(
        string run,
        AskedEpoch asked,
        Func<ClusterReader, EpochName, Task<T>> read,
        CancellationToken cancellation
    ) => patient.AskAsync(ClientTimes.Later, () => ReadOnceAsync(run, asked, read, cancellation), cancellation);

    async Task<T> AskOnceAsync<T>(RunStatus status, Func<RunStatus, Task<T>> question)
    {
        var sequencer = client.GetGrain<ISequencerGrain>(status.RunId);
        for (var tries = Tries; ; tries--)
        {
            status = await AwakeAsync(status);
            try
            {
                return await question(status);
            }
            catch (StaleCallException) when (tries > 0)
            {
                await sequencer.ReportLostAsync(status.Incarnation);
                status = await sequencer.GetStatusAsync();
            }
        }
    }

    /// <summary>
    /// One that refuses may have been told of a newer epoch already, which the status says in a moment; or it was lost, which is so when
    /// the same is refused again.
    /// </summary>
    async Task<T> ReadOnceAsync<T>(
        string run,
        AskedEpoch asked,
        Func<ClusterReader, EpochName, Task<T>> read,
        CancellationToken cancellation
    )
    {
        var status = await GetStatusAsync(run, cancellation);
        var refused = new EpochName(-1, 0);
        for (var tries = Tries; ; tries--)
        {
            if (status.LastEpoch is null)
                throw new EpochNotReadableException($"run '{run}'", asked.Epoch ?? 0, -1);
            status = await AwakeAsync(status);
            var last = status.LastEpoch!;
            asked.Check(run, last);
            var name = new EpochName(last.Epoch, last.CommittedIncarnation);
            try
            {
                return await read(new ClusterReader(client, status.RunId, status.Specification.Clustering, status.Layout), name);
            }
            catch (Exception e) when (tries > 0 && (e is StaleCallException or EpochNotReadableException))
            {
                if (name == refused)
                    await client.GetGrain<ISequencerGrain>(status.RunId).ReportLostAsync(status.Incarnation);
                refused = name;
                status = await WaitForChangeAsync(status, cancellation);
            }
        }
    }

    /// <summary>The run, live: woken when it was asleep.</summary>
    async Task<RunStatus> AwakeAsync(RunStatus status)
    {
        if (status.State == RunState.Live)
            return status;
        var sequencer = client.GetGrain<ISequencerGrain>(status.RunId);
        await sequencer.StartAsync();
        return await sequencer.GetStatusAsync();
    }
}

/// <summary>Which committed epoch is meant.</summary>
/// <param name="Epoch">Null: whichever is the last.</param>
/// <param name="Commit">The incarnation that committed it; null: whichever did.</param>
readonly record struct AskedEpoch(int? Epoch, int? Commit = null)
{
    /// <summary>Refuses an epoch that is not the last one.</summary>
    public void Check(string run, EpochReport last)
    {
        if (Epoch is { } epoch && epoch != last.Epoch)
            throw new EpochNotReadableException($"run '{run}'", epoch, last.Epoch);
        if (Commit is { } commit && commit != last.CommittedIncarnation)
            throw new InvalidOptionsException(
                "commit",
                $"{commit}",
                $"Commit {commit} is not that of epoch {last.Epoch} of run '{run}': give {last.CommittedIncarnation}, or leave it out."
            );
    }
}
