using CoKe.Abstractions;
using CoKe.Client.Gateways;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CoKe.Client;

/// <summary>All that a session sees of the world. A client gives the real one, a simulation its own; the session is the same.</summary>
/// <param name="Grains">Reaches the run's grains.</param>
/// <param name="Send">Puts a message on the run's stream.</param>
/// <param name="LargestMessage">Bytes that the stream carries at most in one message.</param>
/// <param name="Time">The clock of waits.</param>
/// <param name="Scheduler">Where sending and polling run.</param>
sealed record SessionWorld(IGrainFactory Grains, Func<MiniBatch, Task> Send, int LargestMessage, TimeProvider Time, TaskScheduler Scheduler)
{
    /// <summary>Tells when a gateway is lost; null where there is none.</summary>
    public GatewayWatch? Gateways { get; init; }

    public static SessionWorld Of(IClusterClient client)
    {
        var provider = client.GetStreamProvider(EmbeddingStreams.ProviderName);
        var largest = client.ServiceProvider.GetRequiredService<IOptions<QueueStreamOptions>>().Value.MaxMessageBytes;
        return new SessionWorld(
            client,
            message => provider.GetStream<MiniBatch>(EmbeddingStreams.OfRun(message.RunId)).OnNextAsync(message),
            largest,
            TimeProvider.System,
            TaskScheduler.Default
        )
        {
            Gateways = client.ServiceProvider.GetService<GatewayWatch>(),
        };
    }

    /// <summary>Waits for the answer as long as there can be one.</summary>
    public Task<T> AskAsync<T>(Func<Task<T>> call) => Gateways is null ? call() : Gateways.AskAsync(call);

    /// <summary>Asks until there is an answer: for as long as the run recovers, and for a time where no silo answers.</summary>
    /// <param name="call">What is asked, and may be repeated.</param>
    /// <param name="giveUpAfter">How long silos may be away.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<T> AskAgainAsync<T>(Func<Task<T>> call, TimeSpan giveUpAfter, CancellationToken cancellation)
    {
        var began = Time.GetTimestamp();
        return ClientTimes.Passing.CallAsync(
            () => AskAsync(call).WaitOrIgnoreAsync(cancellation),
            e =>
                !cancellation.IsCancellationRequested
                && (e is RunRecoveringException || (PassingErrors.MayPass(e) && Time.GetElapsedTime(began) < giveUpAfter)),
            Time,
            cancellation
        );
    }
}
