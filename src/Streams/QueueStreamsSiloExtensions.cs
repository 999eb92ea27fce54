using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Providers;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>Adds the streams to a silo.</summary>
public static class QueueStreamsSiloExtensions
{
    /// <summary>Lets the grains of a silo produce into the streams and consume them by implicit subscription.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Of the stream provider; all silos and clients need the same.</param>
    /// <param name="configure">Sets limits other than the defaults; all silos and clients need the same.</param>
    public static ISiloBuilder AddQueueStreams(this ISiloBuilder silo, string name, Action<QueueStreamOptions>? configure = null)
    {
        silo.Services.TryAddSingleton<LocalQueues>();
        silo.Services.AddProducer(name, configure);
        silo.Services.TryAddSingleton(all => new QueueHomes(name, all.GetRequiredService<IOptions<QueueStreamOptions>>().Value));
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddPlacementDirector<QueuePlacement, QueuePlacementDirector>();
        var streams = new SiloPersistentStreamConfigurator(
            name,
            add => silo.ConfigureServices(add),
            static (services, _) => ActivatorUtilities.CreateInstance<SiloQueueAdapterFactory>(services)
        );

        streams.ConfigurePartitionBalancing(static (services, _) => ActivatorUtilities.CreateInstance<HomeQueueBalancer>(services));

        // Implicit subscriptions need no store, and cannot be missing when the first event comes.
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);

        // The receiver waits in the queue itself; this is only the pause between two of its waits.
        streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = QueueTimes.Read));
        streams.ConfigureBackoffProvider((_, _) => (IMessageDeliveryBackoffProvider)new RetryDelay());
        streams.ConfigureBackoffProvider((_, _) => (IQueueReaderBackoffProvider)new RetryDelay());
        return silo;
    }
}
