using CoKe.Abstractions;
using CoKe.Abstractions.Serialization;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;

namespace CoKe.Grains.Tests.Streams;

/// <summary>Silos with the embedding streams and little room in the queues, and a client, all in this process.</summary>
public class StreamCluster(int silos) : IAsyncLifetime
{
    public const string Namespace = "stream-tests";
    public const int PacketBytes = 16 << 10;
    public const int QueueBytes = 4 * PacketBytes;

    InProcessTestCluster _cluster = null!;

    public InProcessTestCluster Cluster => _cluster;

    public IClusterClient Client => _cluster.Client;

    public IAsyncStream<Packet> Stream(string key, string @namespace = Namespace) =>
        Client.GetStreamProvider(EmbeddingStreams.ProviderName).GetStream<Packet>(StreamId.Create(@namespace, key));

    /// <summary>The queue that carries a test stream.</summary>
    public IStreamQueueGrain QueueOf(string key)
    {
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, Client, Options());
        return producer.Queue(producer.Mapper.GetQueueForStream(StreamId.Create(Namespace, key)));
    }

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.AddQueueStreams(EmbeddingStreams.ProviderName, Limit);
                silo.Services.AddCokeExceptions();

                // Orleans gives an event up after a minute; here at once, to see that it is kept.
                silo.Services.Configure<StreamPullingAgentOptions>(EmbeddingStreams.ProviderName, agent =>
                    agent.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(1)
                );
                Configure(silo);
            }
        );
        builder.ConfigureClient(client =>
        {
            client.AddEmbeddingStreams(Limit);
            client.Services.AddCokeExceptions();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public static QueueStreamOptions Options()
    {
        var options = new QueueStreamOptions();
        Limit(options);
        return options;
    }

    /// <summary>What silos have besides.</summary>
    protected virtual void Configure(ISiloBuilder silo) { }

    static void Limit(QueueStreamOptions options) =>
        (options.QueueBytes, options.MaxMessageBytes, options.QueueCount) = (QueueBytes, 2 * PacketBytes, 8);
}

public sealed class OneSilo() : StreamCluster(1);

public sealed class TwoSilos() : StreamCluster(2);

/// <summary>A silo that starts no readers, so that only the test reads.</summary>
public sealed class Unread() : StreamCluster(1)
{
    int _taken;

    /// <summary>A queue that no test has had.</summary>
    public IStreamQueueGrain NextQueue()
    {
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, Client, Options());
        return producer.Queue(producer.Mapper.GetAllQueues().ElementAt(_taken++));
    }

    protected override void Configure(ISiloBuilder silo) =>
        silo.Services.Configure<StreamLifecycleOptions>(EmbeddingStreams.ProviderName, streams =>
            streams.StartupState = StreamLifecycleOptions.RunState.AgentsStopped
        );
}
