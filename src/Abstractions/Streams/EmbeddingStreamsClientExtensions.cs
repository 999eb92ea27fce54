using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Streams;

namespace CoKe.Abstractions.Streams;

/// <summary>Adds the embedding streams to a client.</summary>
public static class EmbeddingStreamsClientExtensions
{
    /// <summary>Lets a client produce into the embedding streams of its cluster.</summary>
    /// <param name="client">The client.</param>
    /// <param name="configure">Sets limits other than the defaults; silos need the same.</param>
    public static IClientBuilder AddEmbeddingStreams(this IClientBuilder client, Action<EmbeddingStreamOptions>? configure = null)
    {
        client.Services.AddOptions<EmbeddingStreamOptions>().Configure(options => configure?.Invoke(options));
        var streams = new ClusterClientPersistentStreamConfigurator(EmbeddingStreams.ProviderName, client, static (services, _) =>
            new ClientQueueAdapterFactory(new QueueProducer(
                services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<IOptions<EmbeddingStreamOptions>>().Value)));
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        return client;
    }
}
