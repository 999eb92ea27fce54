using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>Adds the streams to a client.</summary>
public static class QueueStreamsClientExtensions
{
    /// <summary>Lets a client produce into the streams of its cluster.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">Of the stream provider; silos need the same.</param>
    /// <param name="configure">Sets limits other than the defaults; silos need the same.</param>
    public static IClientBuilder AddQueueStreams(this IClientBuilder client, string name, Action<QueueStreamOptions>? configure = null)
    {
        client.Services.AddOptions<QueueStreamOptions>().Configure(options => configure?.Invoke(options));
        client.Services.TryAddSingleton(services => services.ProducerOf(name));
        var streams = new ClusterClientPersistentStreamConfigurator(name, client, static (services, _) =>
            new ClientQueueAdapterFactory(services.GetRequiredService<QueueProducer>()));
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        return client;
    }

    internal static QueueProducer ProducerOf(this IServiceProvider services, string name) =>
        new(name, services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<IOptions<QueueStreamOptions>>().Value);
}
