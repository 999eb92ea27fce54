using CoKe.Streams;

namespace CoKe.Abstractions;

/// <summary>The names of the embedding streams, in the one place that trainers, silos and tests take them from.</summary>
public static class EmbeddingStreams
{
    /// <summary>The stream provider.</summary>
    public const string ProviderName = "embeddings";

    /// <summary>The namespace of every run's stream; the sequencer subscribes to it implicitly.</summary>
    public const string Namespace = "embeddings";

    /// <summary>The stream of a run; its key is the key of the run's sequencer.</summary>
    /// <param name="runId">The run.</param>
    public static StreamId OfRun(string runId) => StreamId.Create(Namespace, runId);

    /// <summary>Lets a client produce into them.</summary>
    /// <param name="client">The client.</param>
    /// <param name="configure">Sets limits other than the defaults; silos need the same.</param>
    public static IClientBuilder AddEmbeddingStreams(this IClientBuilder client, Action<QueueStreamOptions>? configure = null) =>
        client.AddQueueStreams(ProviderName, configure);
}
