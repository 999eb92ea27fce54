using CoKe.Abstractions;

namespace CoKe.Grains.Placement;

/// <summary>
/// A silo that stops in order asks every run that has something here to move: each is checkpointed, and goes on elsewhere before anything
/// here is deactivated. On the last silo they come to rest instead, and whoever wakes them finds all that was processed.
/// </summary>
static class Departure
{
    const int Tries = 3; // a sequencer that moves too hands the question to its successor, and that perhaps to one more

    /// <summary>Completes when the runs are gone.</summary>
    /// <param name="grains">Reaches the runs.</param>
    /// <param name="silos">Who takes grains; they know already that this one leaves.</param>
    /// <param name="silo">The silo that leaves.</param>
    /// <param name="runIds">The runs that have something on it.</param>
    public static Task LeaveAsync(IGrainFactory grains, Silos silos, string silo, IEnumerable<string> runIds) =>
        Task.WhenAll(
            runIds.Select(async runId =>
            {
                for (var left = Tries; left > 0 && !await grains.GetGrain<ISequencerGrain>(runId).VacateAsync(silo); left--)
                {
                    if (silos.Active.All(other => other == silo))
                        return;
                }
            })
        );
}
