using CoKe.Abstractions;
using CoKe.Streams;

namespace CoKe.Silo.Tests.Rights;

/// <summary>The grains of a run that an attack goes to, one for each contract.</summary>
static class Targets
{
    /// <summary>A grain of that contract.</summary>
    /// <exception cref="KeyNotFoundException">A contract is new: say here which of its grains a run has.</exception>
    public static object Of(IClusterClient client, Type contract, string run, string runId) =>
        contract.Name switch
        {
            nameof(IRunGrain) => client.GetGrain<IRunGrain>(run),
            nameof(IRunCatalogGrain) => client.GetGrain<IRunCatalogGrain>(Keys.Catalog),
            nameof(ISequencerGrain) => client.GetGrain<ISequencerGrain>(runId),
            nameof(IScorerGrain) => client.GetGrain<IScorerGrain>(Keys.Scorer(runId, 0)),
            nameof(IClusterBlockGrain) => client.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 0)),
            nameof(IClusterGrain) => client.GetGrain<IClusterGrain>(Keys.Cluster(runId, 0, 1)),
            nameof(IImageShardGrain) => client.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0)),
            nameof(ISilosGrain) => client.GetGrain<ISilosGrain>(0),
            nameof(ISiloGrain) => client.GetGrain<ISiloGrain>("127.0.0.1:1@1"),
            nameof(IPulseGrain) => client.GetGrain<IPulseGrain>(0),
            nameof(IStreamQueueGrain) => Queue(client, runId),
            _ => throw new KeyNotFoundException(
                $"{contract.Name} is a contract that no attack goes to: name a grain of it in {nameof(Targets)}."
            ),
        };

    static IStreamQueueGrain Queue(IClusterClient client, string runId)
    {
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, client, new QueueStreamOptions());
        return producer.Queue(producer.Mapper.GetQueueForStream(EmbeddingStreams.OfRun(runId)));
    }
}
