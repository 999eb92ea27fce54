using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Streams;
using CoKe.Grains.Streams;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.TestingHost;

namespace CoKe.Grains.Tests.Streams;

/// <summary>Silos with the embedding streams and little room in the queues, and a client, all in this process.</summary>
public class StreamCluster(int silos) : IAsyncLifetime
{
    public const string Namespace = "stream-tests";
    public const int PacketBytes = 16 << 10;
    public const int QueueBytes = 4 * PacketBytes;

    InProcessTestCluster cluster = null!;

    public InProcessTestCluster Cluster => cluster;

    public IClusterClient Client => cluster.Client;

    public IAsyncStream<Packet> Stream(string key, string @namespace = Namespace) =>
        Client.GetStreamProvider(EmbeddingStreams.ProviderName).GetStream<Packet>(StreamId.Create(@namespace, key));

    /// <summary>The queue that carries a test stream.</summary>
    public IStreamQueueGrain QueueOf(string key)
    {
        var producer = new QueueProducer(Client, Options());
        return producer.Queue(producer.Mapper.GetQueueForStream(StreamId.Create(Namespace, key)));
    }

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddEmbeddingStreams(Limit);
            silo.Services.AddCokeExceptions();

            // Orleans gives an event up after a minute; here at once, to see that it is kept.
            silo.Services.Configure<StreamPullingAgentOptions>(
                EmbeddingStreams.ProviderName, agent => agent.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(1));
        });
        builder.ConfigureClient(client =>
        {
            client.AddEmbeddingStreams(Limit);
            client.Services.AddCokeExceptions();
        });
        cluster = builder.Build();
        await cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    public static EmbeddingStreamOptions Options()
    {
        var options = new EmbeddingStreamOptions();
        Limit(options);
        return options;
    }

    static void Limit(EmbeddingStreamOptions options) =>
        (options.QueueBytes, options.MaxMessageBytes, options.QueueCount) = (QueueBytes, 2 * PacketBytes, 4);
}

public sealed class OneSilo() : StreamCluster(1);

public sealed class TwoSilos() : StreamCluster(2);
