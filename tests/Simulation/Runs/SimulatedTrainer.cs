using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Simulation.Runs;

/// <summary>
/// The trainers of one rank: a process at a time, or two when an old one does not know that it was replaced. Each opens a session, reads
/// what was committed, feeds its part of every epoch, and begins an epoch anew when it is told to.
/// </summary>
sealed class SimulatedTrainer(World world, RunPlan plan, int rank, Invariants invariants)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly SeededRandom _random = world.RandomOf(200 + rank);
    readonly SeededRandom _slips = world.RandomOf(210 + rank);
    readonly SeededRandom _late = world.RandomOf(220 + rank);
    Echoes? _echoes;
    int _processes;
    int _sessions;

    /// <summary>The rank's last epoch is committed.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The process that has the rank now.</summary>
    public Activation? Process { get; private set; }

    public void Start()
    {
        var process = Process = world.AddClient($"trainer{rank}.{_processes++}");
        process
            .Run(LiveAsync)
            .ContinueWith(
                task => world.Break(task.Exception!.InnerException!),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
    }

    async Task LiveAsync()
    {
        while (true)
        {
            try
            {
                await FeedAsync();
                IsDone = true;
                return;
            }
            catch (FencedTrainerException)
            {
                return; // another has the rank
            }
            catch (Exception e)
                when (e
                        is CokeException
                            or TimeoutException
                            or OrleansException
                            or StorageFaultException
                            or Orleans.Storage.InconsistentStateException
                )
            {
                world.Trace.Add($"trainer {rank} begins again: {e.Message}");
                await Task.Delay(Pause, world.Time);
            }
        }
    }

    async Task FeedAsync()
    {
        var sessions = new SessionWorld(world.GrainFactory, SendAsync, int.MaxValue, world.Time, TaskScheduler.Current);
        var session = await TrainerSession.OpenAsync(
            sessions,
            "run",
            rank,
            $"{rank}.{_sessions++}",
            new SessionOptions { Concurrency = 1 + _random.NextInt32(3) }
        );
        var handle = invariants.Watch(rank, session, world.Current!);
        try
        {
            while (session.Epoch < plan.Epochs)
            {
                try
                {
                    await EpochAsync(session);
                }
                catch (RolledBackException)
                {
                    session.RestartEpoch();
                }
            }

            await ReadAsync(session);
            await session.FinishAsync();
        }
        finally
        {
            invariants.Forget(handle);
            await session.DisposeAsync();
        }
    }

    async Task EpochAsync(TrainerSession session)
    {
        var epoch = session.Epoch;
        if (epoch > 0)
            await ReadAsync(session);
        var parts = plan.Parts(epoch, rank);
        for (var s = 0; s < parts.Length; s++)
        {
            var images = plan.IsCareless && _slips.NextInt32(6) == 0 ? plan.Careless(epoch, rank, s) : parts[s];
            await Mending(session, async () =>
            {
                // A trainer may take a newer attempt silently as long as it has pushed nothing; the embeddings are of the attempt they are
                // pushed in.
                await session.PushAsync(images, plan.Embeddings(images, epoch, session.Generation, session.AttemptOfNextPush));
                return true;
            });
            await Task.Delay(TimeSpan.FromSeconds(0.8 * _random.NextUniform()), world.Time);
        }

        var report = await Mending(session, () => session.EndEpochAsync());
        invariants.CheckReport(epoch, report, rank, session.Generation);
    }

    /// <summary>What was refused is replaced by what should have been pushed.</summary>
    async Task<T> Mending<T>(TrainerSession session, Func<Task<T>> work)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (RefusedBatchException e)
            {
                var (sequence, epoch) = (e.Refusal.Identity.Sequence, e.Refusal.Identity.Epoch);
                var images = plan.Parts(epoch, rank)[sequence];
                session.Replace(sequence, images, plan.Embeddings(images, epoch, session.Generation, session.Attempt));
            }
        }
    }

    async Task ReadAsync(TrainerSession session)
    {
        var labels = await session.GetLabelsAsync(Enumerable.Range(0, plan.Specification.Clustering.ImageCount).ToArray());
        invariants.CheckLabels(labels);
        var centers = await session.GetCentersAsync();
        invariants.CheckCenters(labels.Epoch, centers);
    }

    // The stream: accepted here, delivered there, or not at all.
    Task SendAsync(MiniBatch message)
    {
        CheckedSequencer.Post(world, message);
        if (plan.HasEchoes)
            (_echoes ??= new Echoes(world, invariants, _late, () => IsDone)).Keep(message);
        return Task.Delay(TimeSpan.FromMilliseconds(1), world.Time);
    }
}
