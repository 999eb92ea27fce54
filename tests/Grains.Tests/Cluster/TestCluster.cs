using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.Grains.Hosting;
using CoKe.Grains.Placement;
using CoKe.Grains.Rights;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.TestingHost;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Silos in this process that talk to each other as if they were apart, with blocks so small that a head spreads over
/// them.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    readonly InProcessTestCluster _cluster;

    TestCluster(InProcessTestCluster cluster, TestStorage storage) => (_cluster, Storage) = (cluster, storage);

    /// <summary>What all silos store; it outlives them.</summary>
    public TestStorage Storage { get; }

    public IReadOnlyList<InProcessSiloHandle> Silos => _cluster.Silos;

    public CokeClient Coke => new(_cluster.Client);

    public IClusterClient Client => _cluster.Client;

    /// <summary>So few that a head of ten clusters has several blocks.</summary>
    public const int ClustersPerBlock = 4;

    /// <summary>So short that every epoch has several checkpoints.</summary>
    public const int CheckpointInterval = 3;

    public static async Task<TestCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
    {
        var storage = new TestStorage();
        var secret = new ClusterSecret();
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.AddCoke();
                silo.Services.AddSingleton(secret);
                silo.Services.AddKeyedSingleton<IGrainStorage>(CokeStorage.Name, storage);
                silo.Services.Configure<BlockPlacementOptions>(options => options.ClustersPerBlock = ClustersPerBlock);
                silo.Services.Configure<SequencerOptions>(options =>
                    (options.CheckpointInterval, options.SettleTime) = (CheckpointInterval, TimeSpan.FromMilliseconds(200))
                );
                // A silo that is killed is missed at once, so that a test need not wait for it.
                silo.Services.Configure<LivenessOptions>(options =>
                    (options.ProbeTimeout, options.TableRefresh) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1))
                );
                silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(6));
                configure?.Invoke(silo);
            }
        );
        builder.ConfigureClient(client =>
        {
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
            // The tests also ask what only grains ask of each other.
            client.AddOutgoingGrainCallFilter(async call =>
            {
                CallCredential.Attach(secret.KeyFor(CallKeys.Purpose));
                await call.Invoke();
            });
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestCluster(cluster, storage);
    }

    /// <summary>The run's raw stream, as a trainer without a session would use it.</summary>
    public async Task<(RawStream Stream, string RunId)> OpenStreamAsync(string run)
    {
        var runId = (await Coke.GetStatusAsync(run)).RunId;
        return (new RawStream(_cluster.Client, runId), runId);
    }

    /// <summary>What rank 0's first trainer learns, as soon as it is what the test waits for.</summary>
    public async Task<Progress> PollUntilAsync(string runId, Predicate<Progress> reached)
    {
        var sequencer = Client.GetGrain<ISequencerGrain>(runId);
        var progress = await sequencer.PollAsync(0, 1, 0);
        while (!reached(progress))
            progress = await sequencer.PollAsync(0, 1, progress.Stamp);
        return progress;
    }

    /// <summary>Admits the first trainer of a rank whose messages a test sends by itself.</summary>
    public async Task AdmitAsync(string run, int rank)
    {
        var registration = await Client.GetGrain<IRunGrain>(run).RegisterTrainerAsync(rank, $"trainer of rank {rank}", 0);
        while (true)
        {
            try
            {
                await Client.GetGrain<ISequencerGrain>(registration.RunId).PollAsync(rank, registration.Generation, 0);
                return;
            }
            catch (RunRecoveringException)
            {
                // Being admitted; the next poll waits for news.
            }
        }
    }

    /// <summary>As kill -9: the silo says nothing to anybody.</summary>
    /// <summary>Has a live run recover: a grain of it is lost, and somebody says so.</summary>
    public async Task LoseAsync(RunStatus live)
    {
        await Client.GetGrain<IImageShardGrain>(Keys.Shard(live.RunId, 0)).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await Client.GetGrain<ISequencerGrain>(live.RunId).ReportLostAsync(live.Incarnation);
    }

    public Task KillAsync(InProcessSiloHandle silo) => _cluster.KillSiloAsync(silo);

    public Task StopAsync(InProcessSiloHandle silo) => _cluster.StopSiloAsync(silo);

    public Task StartSiloAsync() => _cluster.StartAdditionalSiloAsync();

    /// <summary>Stops every silo; the client stays.</summary>
    public async Task StopSilosAsync()
    {
        foreach (var silo in _cluster.Silos.ToArray())
            await _cluster.StopSiloAsync(silo);
    }

    /// <summary>Another silo and another client take over; only the storage stays.</summary>
    public async Task RestartAsync()
    {
        var before = _cluster.Silos.ToArray();
        await _cluster.StartAdditionalSiloAsync();
        foreach (var silo in before)
            await _cluster.StopSiloAsync(silo);
        await _cluster.StopClusterClientAsync();
        await _cluster.InitializeClientAsync();
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}

/// <summary>Pushes raw messages onto a run's stream.</summary>
public sealed class RawStream(IClusterClient client, string runId)
{
    readonly IAsyncStream<MiniBatch> _stream = client
        .GetStreamProvider(EmbeddingStreams.ProviderName)
        .GetStream<MiniBatch>(EmbeddingStreams.OfRun(runId));

    public Task SendAsync(MiniBatch message) => _stream.OnNextAsync(message);
}
