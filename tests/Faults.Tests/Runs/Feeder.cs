using CoKe.Client;

namespace CoKe.Faults.Tests.Runs;

/// <summary>One trainer: pushes its part of every step, and begins an epoch anew when the run was rolled back to it.</summary>
/// <param name="shape">What it feeds.</param>
/// <param name="session">Of its rank.</param>
/// <param name="rank">The rank.</param>
sealed class Feeder(RunShape shape, TrainerSession session, int rank = 0) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public TrainerSession Session => session;

    /// <summary>Takes the rank.</summary>
    public static async Task<Feeder> BeginAsync(
        CokeClient coke,
        string run,
        RunShape shape,
        int rank = 0,
        SessionOptions? options = null
    ) => new(shape, await coke.OpenSessionAsync(run, rank, options), rank);

    /// <summary>Pushes one epoch and ends it.</summary>
    /// <param name="before">Runs before a step is pushed, each step once.</param>
    public async Task EpochAsync(Func<int, Task>? before = null)
    {
        var reached = 0;
        while (true)
        {
            try
            {
                await PushAsync(0, RunShape.StepsPerEpoch, async step =>
                {
                    if (step < reached)
                        return;
                    reached = step + 1;
                    if (before is not null)
                        await before(step);
                });
                await session.EndEpochAsync().WaitAsync(Patience);
                return;
            }
            catch (RolledBackException)
            {
                session.RestartEpoch();
            }
        }
    }

    /// <summary>Pushes steps of the open epoch.</summary>
    public async Task PushAsync(int from, int to, Func<int, Task>? before = null)
    {
        var steps = shape.Steps(session.Epoch);
        for (var s = from; s < to; s++)
        {
            if (before is not null)
                await before(s);
            var ids = shape.Part(steps[s], rank);
            await session.PushAsync(ids, shape.Rows(ids)).AsTask().WaitAsync(Patience);
        }
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
