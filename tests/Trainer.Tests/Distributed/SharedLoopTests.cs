using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Learning.Data;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Training;
using CoKe.Streams;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>The loops of two trainers, as threads, on a silo in this process: what happens to one happens to both.</summary>
public sealed class SharedLoopTests : IDisposable
{
    const int World = 2,
        Images = 120,
        BatchSize = 30;
    static readonly ImageSet Train = Dataset.Load(Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist")).Limit(Images).Train;
    static readonly Lock _making = new();

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A command rolls the run back in the middle of an epoch: the trainers hear of it one after the other, and one of them may be
    /// a step ahead.</summary>
    [Theory]
    [InlineData(2, TargetEpoch.Last)] // in the scan
    [InlineData(5, TargetEpoch.Last)]
    [InlineData(8, TargetEpoch.Last)] // at the end of epoch 1
    [InlineData(6, TargetEpoch.Current)] // a trainer may hear of it in the middle of a step
    [InlineData(10, TargetEpoch.Last, 1)] // in stage two
    public async Task Run_RolledBackByACommand_BothDoTheEpochAgain(int step, TargetEpoch targets, int? stageTwoAfter = null)
    {
        var recipe = RecipeViews.Resolved(
            RecipeDefaults.Recipe with
            {
                Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = 2, BatchSize = BatchSize, LearningRate = 0.02 },
                Heads = [5],
                Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 16, Width = 4, HiddenSize = 16 },
                Clustering = RecipeDefaults.Recipe.Clustering with
                {
                    Labels = targets,
                    Centers = targets,
                    StageTwoAfterEpoch = stageTwoAfter,
                },
            },
            1,
            new ImageSize(28, 28)
        );
        var undisturbed = await RunAsync("undisturbed", recipe, (_, _, _) => { });

        var rolledBack = 0;
        var disturbed = await RunAsync("disturbed", recipe, (client, rank, done) =>
        {
            if (rank == 1 && done == step && Interlocked.Exchange(ref rolledBack, 1) == 0)
                client.RestoreRunAsync("disturbed").GetAwaiter().GetResult();
        });

        Assert.Equal(1, rolledBack);
        foreach (var (rank, trainer) in disturbed.Index())
        {
            Assert.Equal(undisturbed[rank].History.Select(epoch => epoch.Loss), trainer.History.Select(epoch => epoch.Loss));
            Assert.Equal(undisturbed[rank].Labels[0], trainer.Labels[0]);
        }
        Assert.Equal(disturbed[0].Labels[0], disturbed[1].Labels[0]);
    }

    /// <summary>The command comes when the first trainer has pushed its part of an epoch's first mini-batch and the second has not, which
    /// hears of it at once.</summary>
    [Theory]
    [InlineData(TargetEpoch.Last)]
    [InlineData(TargetEpoch.Current)]
    public async Task Run_RolledBackBetweenTwoFirstPushes_BothDoTheEpochAgain(TargetEpoch targets)
    {
        var recipe = RecipeViews.Resolved(
            RecipeDefaults.Recipe with
            {
                Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = 1, BatchSize = BatchSize, LearningRate = 0.02 },
                Heads = [5],
                Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 16, Width = 4, HiddenSize = 16 },
                Clustering = RecipeDefaults.Recipe.Clustering with { Labels = targets, Centers = targets },
            },
            1,
            new ImageSize(28, 28)
        );
        var undisturbed = await RunAsync("undisturbed", recipe, (_, _, _) => { });
        var (calls, gathers, sums, restored) = (new SiloCalls(), 0, 0, 0);

        var disturbed = await RunAsync(
            "disturbed",
            recipe,
            (_, _, _) => { },
            calls.Filter,
            (client, learner, rank, isSum) =>
            {
                if (rank != 1 || restored > 0)
                    return;
                const int first = (Images / BatchSize) + 2; // after those of the scan's steps and of its end
                (gathers, sums) = isSum ? (gathers, sums + 1) : (gathers + 1, 0);
                if (!isSum && gathers == first)
                    calls.Pushed = SiloCalls.NewEvent();
                // The push comes next: after all have told that their embeddings are numbers, or else after forward, backward and
                // gradients.
                if (
                    targets == TargetEpoch.Current
                        ? gathers == first + 1
                        : gathers == first && sums == (2 * learner.Encoder.modules().OfType<SharedBatchNorm>().Count()) + 1
                )
                {
                    restored++;
                    calls.Pushed.Task.WaitAsync(Patience).GetAwaiter().GetResult(); // by the first trainer
                    client.RestoreRunAsync("disturbed").GetAwaiter().GetResult();
                    calls.SecondPolledTwiceAsync().WaitAsync(Patience).GetAwaiter().GetResult(); // when it polls again it has heard
                }
            }
        );

        Assert.Equal(1, restored);
        foreach (var (rank, trainer) in disturbed.Index())
            Assert.Equal(undisturbed[rank].History.Select(epoch => epoch.Loss), trainer.History.Select(epoch => epoch.Loss));
        Assert.Equal(disturbed[0].Labels[0], disturbed[1].Labels[0]);
    }

    async Task<TrainingResult[]> RunAsync(
        string name,
        Recipe recipe,
        Action<CokeClient, int, int> stepped,
        Action<ISiloBuilder>? configure = null,
        Action<CokeClient, Learner, int, bool>? met = null
    )
    {
        await using var silos = await RunSilos.EmbedAsync(
            _folder.File($"{name}.db"),
            _folder.Path,
            configure ?? (_ => { }),
            CancellationToken.None
        );
        await silos.ClaimAsync(new RunSpecification(name, recipe.ClusteringOf(Images, seed: 3), World), null, null);
        TrainerSession[] sessions = [await silos.Client.OpenSessionAsync(name, 0), await silos.Client.OpenSessionAsync(name, 1)];
        try
        {
            return await Task.Run(() => TrainerThreads.Run(World, (rank, threads) =>
                {
                    Learner learner = null!;
                    var shared = threads.Shared(rank, session: sessions[rank], met: isSum =>
                        met?.Invoke(silos.Client, learner, rank, isSum)
                    );
                    var saves = _folder.File($"{name}-saves");
                    Directory.CreateDirectory(saves);
                    lock (_making) // initial weights come from the one generator of the process
                        learner = recipe.NewLearner(Train, seed: 3, shared);
                    using (learner)
                        return new TrainingLoop(
                            recipe.Schedule,
                            recipe.Clustering.Targets,
                            learner,
                            sessions[rank],
                            new Saves(saves, rank),
                            new RunCost(),
                            shared,
                            CPU
                        )
                        {
                            Events = new Steps(done => stepped(silos.Client, rank, done)),
                        }.Run(CancellationToken.None);
                }));
        }
        finally
        {
            foreach (var session in sessions)
                await session.DisposeAsync();
        }
    }

    /// <summary>Calls of the trainers that arrive at the silo.</summary>
    sealed class SiloCalls
    {
        readonly Lock _counting = new();
        TaskCompletionSource _polled = NewEvent();
        int _polls;

        /// <summary>Completes when a mini-batch arrives.</summary>
        public TaskCompletionSource Pushed { get; set; } = NewEvent();

        public static TaskCompletionSource NewEvent() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Filter(ISiloBuilder silo) =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                if (context.InterfaceMethod.Name == nameof(ISequencerGrain.PollAsync) && context.Request.GetArgument(0) is 1)
                    lock (_counting)
                        if (--_polls == 0)
                            _polled.TrySetResult();
                await context.Invoke();
                if (context.InterfaceMethod.Name == nameof(IStreamQueueGrain.EnqueueAsync))
                    Pushed.TrySetResult();
            });

        /// <summary>Completes when the second trainer polls the second time from now on: what the first of these polls told it, it knows
        /// then.</summary>
        public Task SecondPolledTwiceAsync()
        {
            lock (_counting)
            {
                (_polls, _polled) = (2, NewEvent());
                return _polled.Task;
            }
        }
    }

    sealed class Steps(Action<int> stepped) : TrainingEvents
    {
        public override void Stepped(int done, int total) => stepped(done);
    }
}
