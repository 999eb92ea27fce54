using CoKe.Abstractions;
using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Streams;
using CoKe.Grains.Hosting;
using CoKe.Grains.Placement;
using CoKe.Session;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Streams;
using Orleans.TestingHost;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Silos in this process that talk to each other as if they were apart, with blocks so small that a head spreads over them.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    readonly InProcessTestCluster _cluster;

    TestCluster(InProcessTestCluster cluster) => _cluster = cluster;

    public CokeClient Coke => new(_cluster.Client);

    public IClusterClient Client => _cluster.Client;

    /// <summary>So few that a head of ten clusters has several blocks.</summary>
    public const int ClustersPerBlock = 4;

    public static async Task<TestCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddCoke();
            silo.Services.Configure<BlockPlacementOptions>(options => options.ClustersPerBlock = ClustersPerBlock);
            configure?.Invoke(silo);
        });
        builder.ConfigureClient(client =>
        {
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestCluster(cluster);
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
        while (!reached(progress)) progress = await sequencer.PollAsync(0, 1, progress.Stamp);
        return progress;
    }

    /// <summary>Stops every silo; the client stays.</summary>
    public async Task StopSilosAsync()
    {
        foreach (var silo in _cluster.Silos.ToArray()) await _cluster.StopSiloAsync(silo);
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}

/// <summary>Pushes raw messages onto a run's stream.</summary>
public sealed class RawStream(IClusterClient client, string runId)
{
    readonly IAsyncStream<MiniBatch> _stream =
        client.GetStreamProvider(EmbeddingStreams.ProviderName).GetStream<MiniBatch>(EmbeddingStreams.OfRun(runId));

    public Task SendAsync(MiniBatch message) => _stream.OnNextAsync(message);
}
