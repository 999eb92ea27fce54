using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>Sends what a trainer tells of itself, about once a second, beside what counts: nothing waits for it.</summary>
/// <param name="world">What it sees of the world.</param>
/// <param name="registration">The rank that was taken.</param>
/// <param name="meter">What is told.</param>
sealed class TrainerReports(SessionWorld world, TrainerRegistration registration, TrainerMeter meter)
{
    readonly ISequencerGrain _sequencer = world.Grains.GetGrain<ISequencerGrain>(registration.RunId);

    /// <summary>Sends until the session ends, or the rank is another's.</summary>
    public async Task SendAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var report = meter.Take();
            try
            {
                await world.AskAsync(() => SendAsync(report)).WaitOrIgnoreAsync(end);
            }
            catch (Exception e) when (e is FencedTrainerException or UnknownRunException)
            {
                return; // the poll tells the trainer
            }
            catch (Exception)
            {
                // A silo is away or of an earlier version, or the run recovers. The next report says the same, and a session must not end
                // for what only people look at; whatever keeps it from going on its poll tells.
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(end, meter.Urgent);
            await Task.Delay(ClientTimes.Report, world.Time, pause.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    async Task<bool> SendAsync(TrainerReport report)
    {
        await _sequencer.ReportAsync(registration.Rank, registration.Generation, report);
        return true;
    }
}
