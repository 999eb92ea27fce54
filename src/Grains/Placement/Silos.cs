using CoKe.Abstractions;
using CoKe.Streams;

namespace CoKe.Grains.Placement;

/// <summary>The silos that take grains, as one sees them at the moment. Views differ for a while; nothing but where things live depends on
/// it.</summary>
/// <param name="queues">Which silo has which queue of the embedding streams; null: as it is by default.</param>
class Silos(QueueHomes? queues = null)
{
    static readonly QueueHomes Default = new(EmbeddingStreams.ProviderName, new QueueStreamOptions());

    readonly QueueHomes _queues = queues ?? Default;

    /// <summary>Their names, each of one life of one silo. None: placement is nobody's business, and everything stays where it
    /// is.</summary>
    public virtual IReadOnlyCollection<string> Active => [];

    /// <summary>The silos in the order of a run. The first is the home of its sequencer, and the one that reads its stream: the embeddings
    /// for the sequencer, and for the scorer beside it, come from nowhere else.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="silos">Names of silos.</param>
    public string[] Order(string runId, IReadOnlyCollection<string> silos)
    {
        var first = _queues.Of(EmbeddingStreams.OfRun(runId), silos);
        return [.. Rendezvous.Order(runId, silos).OrderBy(silo => silo == first ? 0 : 1)];
    }

    /// <summary>A grain that lives here is wanted elsewhere. A home that is gone is none.</summary>
    public bool IsAway(string here, string? home) => home is not null && home != here && Active.Contains(home);
}
