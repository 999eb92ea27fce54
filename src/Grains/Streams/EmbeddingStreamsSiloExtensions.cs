using CoKe.Abstractions.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Providers;
using Orleans.Streams;

namespace CoKe.Grains.Streams;

/// <summary>Adds the embedding streams to a silo.</summary>
public static class EmbeddingStreamsSiloExtensions
{
    /// <summary>Lets the grains of a silo produce into the embedding streams and consume them by implicit subscription.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets limits other than the defaults; all silos and clients need the same.</param>
    public static ISiloBuilder AddEmbeddingStreams(this ISiloBuilder silo, Action<EmbeddingStreamOptions>? configure = null)
    {
        silo.Services.TryAddSingleton<LocalQueues>();
        silo.Services.AddOptions<EmbeddingStreamOptions>().Configure(options => configure?.Invoke(options));
        var streams = new SiloPersistentStreamConfigurator(
            EmbeddingStreams.ProviderName, add => silo.ConfigureServices(add), static (services, _) =>
            ActivatorUtilities.CreateInstance<SiloQueueAdapterFactory>(services, new QueueProducer(
                services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<IOptions<EmbeddingStreamOptions>>().Value)));

        // Implicit subscriptions need no store, and cannot be missing when the first event comes.
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);

        // The receiver waits in the queue itself; this is only the pause between two of its waits.
        streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(20)));
        streams.ConfigureBackoffProvider((_, _) => (IMessageDeliveryBackoffProvider)new RetryDelay());
        streams.ConfigureBackoffProvider((_, _) => (IQueueReaderBackoffProvider)new RetryDelay());
        return silo;
    }
}
