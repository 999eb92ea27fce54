using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Errors;

namespace CoKe.Simulation.Runs;

/// <summary>
/// A run of the same name that was created, fed for a while and deleted before the one that is watched: its late messages, calls and writes
/// must not reach the later one (rule 1).
/// </summary>
static class EarlierLife
{
    const int Parts = 8;

    public static async Task LiveAsync(World world, RunPlan plan)
    {
        var (network, storage) = (world.Network.Faults, world.Storage.Faults);
        world.Network.Faults = Faults.Rough with { Duplicate = 0.2, LongDelay = 0.3, LongestDelay = TimeSpan.FromSeconds(20) };
        world.Storage.Faults = StorageFaults.Rough;
        var run = world.GrainFactory.GetGrain<IRunGrain>("run");
        await Persist(world, () => run.CreateAsync(plan.Specification));
        for (var rank = 0; rank < plan.Trainers; rank++)
            await Persist(world, () => FeedAsync(world, plan, rank));
        var runId = "";
        await Persist(world, async () => runId = await run.GetRunIdAsync());
        await Persist(world, () => run.DeleteAsync(runId));
        (world.Network.Faults, world.Storage.Faults) = (network, storage);
    }

    static async Task FeedAsync(World world, RunPlan plan, int rank)
    {
        var sessions = new SessionWorld(world.GrainFactory, SendAsync, int.MaxValue, world.Time, TaskScheduler.Current);
        await using var session = await TrainerSession.OpenAsync(sessions, "run", rank, $"earlier {rank}", new SessionOptions());
        if (session.Epoch > 0)
            return;
        foreach (var images in plan.Parts(0, rank).Take(Parts))
        {
            // Nothing that the later run could be fed.
            await session.PushAsync(images, plan.Embeddings(images, 0, generation: -1, attempt: 0));
            await Task.Delay(TimeSpan.FromMilliseconds(200), world.Time);
        }

        Task SendAsync(MiniBatch message)
        {
            CheckedSequencer.Post(world, message);
            return Task.Delay(TimeSpan.FromMilliseconds(1), world.Time);
        }
    }

    static async Task Persist(World world, Func<Task> work)
    {
        while (true)
        {
            try
            {
                await work();
                return;
            }
            catch (UnknownRunException)
            {
                return; // a deletion whose answer was lost
            }
            catch (Exception e) when (RunScenario.IsPassing(e) || e is CokeException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
            }
        }
    }
}
