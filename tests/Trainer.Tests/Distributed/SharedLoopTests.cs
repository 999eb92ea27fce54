using CoKe.Abstractions;
using CoKe.Session;
using CoKe.Trainer.Data;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Training;
using CoKe.Trainer.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>The loops of two trainers, as threads, on a silo in this process: what happens to one happens to both.</summary>
public sealed class SharedLoopTests : IDisposable
{
    const int World = 2, Images = 120;
    static readonly ImageSet Train = Dataset.Load(Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist")).Limit(Images).Train;
    static readonly Lock making = new();

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A command rolls the run back in the middle of an epoch: the trainers hear of it one after the other, and one of them may be a step ahead.</summary>
    [Theory]
    [InlineData(2, TargetEpoch.Last)] // in the scan
    [InlineData(5, TargetEpoch.Last)]
    [InlineData(8, TargetEpoch.Last)] // at the end of epoch 1
    [InlineData(6, TargetEpoch.Current)] // a trainer may hear of it in the middle of a step
    [InlineData(10, TargetEpoch.Last, 1)] // in stage two
    public async Task Run_RolledBackByACommand_BothDoTheEpochAgain(int step, TargetEpoch targets, int? stageTwoAfter = null)
    {
        var recipe = RecipeViews.Resolved(
            new Recipe { Epochs = 2, Heads = [5], BatchSize = 30, Dimension = 16, Width = 4, HiddenSize = 16, LearningRate = 0.02, Labels = targets, Centers = targets, StageTwoAfterEpoch = stageTwoAfter }, 1, new ImageSize(28, 28));
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

    async Task<TrainingResult[]> RunAsync(string name, Recipe recipe, Action<CokeClient, int, int> stepped)
    {
        await using var silos = await RunSilos.EmbedAsync(folder.File($"{name}.db"), _ => { }, CancellationToken.None);
        await silos.ClaimAsync(new RunSpecification(name, recipe.Clustering(Images, seed: 3), World), null, null);
        TrainerSession[] sessions = [await silos.Client.OpenSessionAsync(name, 0), await silos.Client.OpenSessionAsync(name, 1)];
        try
        {
            return await Task.Run(() => TrainerThreads.Run(World, (rank, threads) =>
            {
                var shared = threads.Shared(rank);
                var saves = folder.File($"{name}-saves");
                Directory.CreateDirectory(saves);
                Learner learner;
                lock (making) // initial weights come from the one generator of the process
                    learner = new Learner(recipe, LearnerOptions.Of(recipe, 1, new ImageSize(28, 28)), new MemoryImages(Train), Normalization.Of(Train, CPU), seed: 3, CPU, shared);
                using (learner)
                    return new TrainingLoop(recipe, learner, sessions[rank], new Saves(saves, rank), new RunCost(), Images, CPU)
                    {
                        Shared = shared, Events = new Steps(done => stepped(silos.Client, rank, done)),
                    }.Run(CancellationToken.None);
            }));
        }
        finally
        {
            foreach (var session in sessions)
                await session.DisposeAsync();
        }
    }

    sealed class Steps(Action<int> stepped) : TrainingEvents
    {
        public override void Stepped(int done, int total) => stepped(done);
    }
}
