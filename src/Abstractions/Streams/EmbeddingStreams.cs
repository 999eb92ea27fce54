using Orleans.Runtime;

namespace CoKe.Abstractions.Streams;

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
}
