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
        client.Services.AddProducer(name, configure);
        var streams = new ClusterClientPersistentStreamConfigurator(name, client, static (services, _) =>
            new ClientQueueAdapterFactory(services.GetRequiredService<QueueProducer>())
        );
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        return client;
    }

    /// <summary>What clients and silos have alike: the limits, and who produces within them.</summary>
    internal static void AddProducer(this IServiceCollection services, string name, Action<QueueStreamOptions>? configure)
    {
        services.AddOptions<QueueStreamOptions>().Configure(options => configure?.Invoke(options));
        services.TryAddSingleton(all => new QueueProducer(
            name,
            all.GetRequiredService<IGrainFactory>(),
            all.GetRequiredService<IOptions<QueueStreamOptions>>().Value
        ));
    }
}
