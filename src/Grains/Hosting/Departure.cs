using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Hosting;

/// <summary>
/// A silo that stops in order asks every run that has something here to move: each is checkpointed, and goes on elsewhere before anything
/// here is deactivated. On the last silo they come to rest instead, and whoever wakes them finds all that was processed.
/// </summary>
internal static class Departure
{
    const int Tries = 3; // a sequencer that moves too hands the question to its successor, and that perhaps to one more

    /// <summary>Completes when the runs are gone.</summary>
    /// <param name="surroundings">The world, in which other silos know already that this one leaves.</param>
    /// <param name="silo">The silo that leaves.</param>
    /// <param name="runIds">The runs that have something on it.</param>
    public static Task LeaveAsync(Surroundings surroundings, string silo, IEnumerable<string> runIds) =>
        Task.WhenAll(
            runIds.Select(async runId =>
            {
                for (var left = Tries; left > 0 && !await surroundings.Grains.GetGrain<ISequencerGrain>(runId).VacateAsync(silo); left--)
                {
                    if (surroundings.Silos.Active.All(other => other == silo))
                        return;
                }
            })
        );
}
