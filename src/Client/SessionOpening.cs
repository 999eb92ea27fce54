using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>How a trainer takes its rank. What fails in passing is repeated under the same name.</summary>
sealed class SessionOpening(SessionWorld world, SessionOptions options, CancellationToken cancellation)
{
    const int Races = 5;

    /// <summary>Takes the rank, and waits until the run hears this trainer.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="rank">The rank, 0 to W - 1.</param>
    /// <param name="trainer">A name that no other trainer has ever had.</param>
    public async Task<TrainerSession> OpenAsync(string run, int rank, string trainer)
    {
        options.Validate();
        var runGrain = world.Grains.GetGrain<IRunGrain>(run);
        var registration = await RegisterAsync(runGrain, rank, trainer, Races);
        options.Validate(registration.LeastWindow);
        var sequencer = world.Grains.GetGrain<ISequencerGrain>(registration.RunId);
        var progress = await RepeatedAsync(() => sequencer.PollAsync(rank, registration.Generation, 0));
        return new TrainerSession(world, registration, options, progress);
    }

    async Task<TrainerRegistration> RegisterAsync(IRunGrain run, int rank, string trainer, int races)
    {
        var present = await RepeatedAsync(() => run.GetGenerationAsync(rank));
        try
        {
            return await RepeatedAsync(() => run.RegisterTrainerAsync(rank, trainer, present));
        }
        catch (FencedTrainerException) when (races > 0)
        {
            return await RegisterAsync(run, rank, trainer, races - 1); // another came at the same time: the later one has the rank
        }
    }

    Task<T> RepeatedAsync<T>(Func<Task<T>> call) => world.AskAgainAsync(call, options.GiveUpAfter, cancellation);
}
