using System.IO.Hashing;
using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Labels;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Runs;
using CoKe.Grains.Scoring;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;

namespace CoKe.Simulation.Runs;

/// <summary>Puts the production actors into a world: the same classes that silos host.</summary>
static class RunWorld
{
    static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer(builder => builder.AddAssembly(typeof(Manifest).Assembly).AddAssembly(typeof(MiniBatch).Assembly))
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    public static T Read<T>(byte[] payload) => Serializer.Deserialize<T>(payload)!;

    public static void Register(World world, RunPlan plan, Failpoints failpoints, Invariants invariants)
    {
        var actorWorld = new ActorWorld(world.GrainFactory, world.Storage, Serializer, world.Time, failpoints, new LiveSilos(world));
        var options = new SequencerOptions
        {
            CheckpointInterval = plan.CheckpointInterval,
            Lead = plan.Lead,
            QuietTime = TimeSpan.FromSeconds(3),
        };
        var (names, forgeries) = (0, world.RandomOf(310));
        world.Placement = (_, key, silos) =>
            silos.First(silo => silo.Name == actorWorld.Silos.Order(key, [.. silos.Select(live => live.Name)])[0]);
        world.OnStopping = silo =>
            Departure.LeaveAsync(
                actorWorld.Grains,
                actorWorld.Silos,
                silo.Name,
                [
                    .. silo
                        .Activations.Where(activation => activation.Core is CheckedSequencer or Scorer or ClusterBlock or ImageShard)
                        .Select(a => a.Key.Split('/')[0])
                        .Distinct(),
                ]
            );
        world.Kinds.Register<IRunGrain>(reentrant: true, (activation, key) =>
            new Run(
                key,
                actorWorld,
                new RunReservations(() => long.MaxValue, options.Lead),
                plan.Layout,
                options.LeastWindow,
                () => $"{names++}",
                () => activation.Evict(Eviction.Lingering)
            )
        );
        world.Kinds.Register<IRunCatalogGrain>(reentrant: false, (_, _) => new RunCatalog(actorWorld));
        world.Kinds.Register<ISequencerGrain>(reentrant: true, (activation, key) =>
            new CheckedSequencer(
                new Sequencer(
                    new SequencedRun(key, actorWorld, options, new TraceLog(world)),
                    new SequencerActivation(
                        $"{activation.Number}",
                        activation.Silo.Name,
                        _ => activation.Evict(Eviction.Lingering),
                        _ => { }
                    )
                ),
                key,
                plan,
                forgeries,
                invariants
            )
        );
        world.Kinds.Register<IScorerGrain>(reentrant: false, (activation, key) =>
            new Scorer(key, activation.Silo.Service<ClusterDirectory>(), actorWorld, activation.Silo.Name, 1, _ =>
                activation.Evict(Eviction.Lingering)
            )
        );
        world.Kinds.Register<IClusterBlockGrain>(reentrant: false, (activation, key) =>
            new ClusterBlock(key, activation.Silo.Service<ClusterDirectory>(), actorWorld, activation.Silo.Name, _ =>
                activation.Evict(Eviction.Lingering)
            )
        );
        world
            .Kinds.Register<IClusterGrain>(reentrant: false, (activation, key) =>
                new Cluster(
                    key,
                    $"{activation.Number}",
                    activation.Silo.Service<ClusterDirectory>(),
                    activation.WorkItems,
                    activation.Silo.Name,
                    _ => activation.Evict(Eviction.Lingering)
                )
            )
            .OnDeactivate = core =>
        {
            var cluster = (Cluster)core;
            cluster.Close();
            invariants.Close(cluster);
            return Task.CompletedTask;
        };
        world.Kinds.Register<IImageShardGrain>(reentrant: false, (activation, key) =>
            new ImageShard(key, actorWorld, activation.Silo.Name, _ => activation.Evict(Eviction.Lingering))
        );
    }

    /// <summary>The silos as each sees them.</summary>
    sealed class LiveSilos(World world) : Silos
    {
        const int MostLag = 3_000; // ms

        public override IReadOnlyCollection<string> Active =>
            [.. world.LiveSilos.Where(silo => Knows(world.Current?.Silo, silo)).Select(silo => silo.Name)];

        // Each hears of a silo that joined after a time of its own.
        bool Knows(Silo? viewer, Silo silo) =>
            viewer is null
            || viewer.IsClient
            || viewer == silo
            || world.Now - silo.Started
                >= TimeSpan.FromMilliseconds(
                    XxHash32.HashToUInt32(MemoryMarshal.AsBytes($"{world.Seed} {viewer.Name} {silo.Name}".AsSpan())) % MostLag
                );
    }

    /// <summary>The sequencer's log as lines of the trace.</summary>
    sealed class TraceLog(World world) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => world.Trace.On;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => world.Trace.Add($"log: {formatter(state, exception)}");
    }
}

/// <summary>A sequencer whose every answer to a poll is judged, and which a forger may reach.</summary>
sealed class CheckedSequencer(Sequencer sequencer, string key, RunPlan plan, SeededRandom forgeries, Invariants invariants)
{
    /// <summary>Brings a message as the stream does: once, late, twice or never.</summary>
    public static void Post(World world, MiniBatch message) =>
        world.Network.Post<ISequencerGrain>(
            message.RunId,
            core =>
            {
                ((CheckedSequencer)core).Receive(message);
                return Task.CompletedTask;
            },
            "message"
        );

    public void Receive(MiniBatch message)
    {
        sequencer.Receive(message);
        if (!plan.HasForger || message.IsEnd || forgeries.NextInt32(30) > 0)
            return;
        // Behind the original, so it can never be the one that counts.
        sequencer.Receive(
            message with
            {
                Embeddings = new FloatValues(
                    plan.Embeddings(message.ImageIds.Span.ToArray(), message.Identity.Epoch, message.Generation, -1)
                ),
            }
        );
    }

    public Task StartAsync() => sequencer.StartAsync();

    public Task<bool> VacateAsync(string silo) => sequencer.VacateAsync(silo);

    public Task ReportLostAsync(int incarnation) => sequencer.ReportLostAsync(incarnation);

    public Task RestoreBoundaryAsync(int? leaving) => sequencer.RestoreBoundaryAsync(leaving);

    public Task DeleteAsync(RunDescription description) => sequencer.DeleteAsync(description);

    public async Task<Progress> PollAsync(int rank, int generation, long seenStamp)
    {
        var progress = await sequencer.PollAsync(rank, generation, seenStamp);
        invariants.CheckProgress(key, rank, progress);
        return progress;
    }

    public Task ReportAsync(int rank, int generation, TrainerReport report) => sequencer.HearAsync(rank, generation, report);

    public Task HearOfFinishedAsync(IReadOnlyList<int> finished) => sequencer.HearOfFinishedAsync(finished);

    public Task<RunStatus> GetStatusAsync() => sequencer.GetStatusAsync();

    public Task WaitForChangeAsync(long seenStamp) => sequencer.WaitForChangeAsync(seenStamp);

    public Task<EpochReport> GetEpochReportAsync(int epoch) => sequencer.GetEpochReportAsync(epoch);
}
