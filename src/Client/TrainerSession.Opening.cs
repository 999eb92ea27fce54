using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>How a trainer takes its rank.</summary>
public sealed partial class TrainerSession
{
    const int Races = 5;

    /// <summary>Takes the rank, and waits until the run hears this trainer. What fails in passing is repeated under the same
    /// name.</summary>
    internal static async Task<TrainerSession> OpenAsync(
        SessionSurroundings surroundings,
        string run,
        int rank,
        string trainer,
        SessionOptions options
    )
    {
        options.Validate();
        var time = surroundings.Time;
        var runGrain = surroundings.Grains.GetGrain<IRunGrain>(run);
        var registration = await RegisterAsync(Races);
        options.Validate(registration.LeastWindow);
        var sequencer = surroundings.Grains.GetGrain<ISequencerGrain>(registration.RunId);
        var progress = await Repeated(() => sequencer.PollAsync(rank, registration.Generation, 0));

        async Task<TrainerRegistration> RegisterAsync(int races)
        {
            var present = await Repeated(() => runGrain.GetGenerationAsync(rank));
            try
            {
                return await Repeated(() => runGrain.RegisterTrainerAsync(rank, trainer, present));
            }
            catch (FencedTrainerException) when (races > 0)
            {
                return await RegisterAsync(races - 1); // another came at the same time: the later one has the rank
            }
        }

        async Task<T> Repeated<T>(Func<Task<T>> call)
        {
            var began = time.GetTimestamp();
            while (true)
            {
                try
                {
                    return await surroundings.AskAsync(call);
                }
                catch (Exception e)
                    when (e is RunRecoveringException || (PassingErrors.MayPass(e) && time.GetElapsedTime(began) < options.GiveUpAfter))
                {
                    await Task.Delay(RetryPause, time);
                }
            }
        }

        var session = new TrainerSession(surroundings, registration, options, progress);
        Task Run(Func<Task> loop) =>
            Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, surroundings.Scheduler).Unwrap();
        session._background = Task.WhenAll([Run(session.Poll), .. Enumerable.Range(0, options.Concurrency).Select(_ => Run(session.Send))]);
        return session;
    }
}
