using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Streams;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What an embedding passes on its way lives on one silo, also after another has joined.</summary>
public sealed class HomeTests
{
    const int D = 4,
        B = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SequencerAndItsQueue_LiveOnOneSilo(int silos)
    {
        await using var cluster = await TestCluster.StartAsync(silos);
        using var patience = new CancellationTokenSource(Patience);
        var together = 0;
        for (var run = 0; together < 4; run++) // silos that have just started may not know all others yet
        {
            patience.Token.ThrowIfCancellationRequested();
            var status = await cluster.Coke.CreateRunAsync(Specification($"run-{run}"));
            await using var session = await cluster.Coke.OpenSessionAsync(status.Specification.Name);
            await session.PushAsync([.. Enumerable.Range(0, B)], Embeddings.Rows(0, B, D));
            together = await AreAtHomeAsync(cluster, status.RunId) ? together + 1 : 0;
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3)] // of one block nothing else moves
    public async Task SequencerAndItsQueue_ASiloJoins_ComeTogether(int clusters)
    {
        await using var cluster = await TestCluster.StartAsync(1);
        string[] runs = [.. Enumerable.Range(0, 4).Select(run => $"run-{run}")];
        var ids = new List<string>();
        foreach (var run in runs)
            ids.Add((await cluster.Coke.CreateRunAsync(Specification(run, clusters))).RunId);
        var sessions = await Task.WhenAll(runs.Select(run => cluster.Coke.OpenSessionAsync(run)));
        await cluster.StartSiloAsync();
        foreach (var id in ids)
            await UntilAtHomeAsync(cluster, id);
        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    static async Task UntilAtHomeAsync(TestCluster cluster, string runId)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await AreAtHomeAsync(cluster, runId))
            patience.Token.ThrowIfCancellationRequested();
    }

    static async Task<bool> AreAtHomeAsync(TestCluster cluster, string runId)
    {
        var (options, stream) = (new QueueStreamOptions(), EmbeddingStreams.OfRun(runId));
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, cluster.Client, options);
        var home = new QueueHomes(EmbeddingStreams.ProviderName, options).Of(
            stream,
            [.. cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString())]
        );
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        var queue = await management.GetActivationAddress(producer.Queue(producer.Mapper.GetQueueForStream(stream)));
        var sequencer = await management.GetActivationAddress(cluster.Client.GetGrain<ISequencerGrain>(runId));
        return queue?.ToParsableString() == home && sequencer?.ToParsableString() == home;
    }

    static RunSpecification Specification(string name, int clusters = 10) =>
        new(
            name,
            new ClusteringOptions
            {
                ImageCount = 64,
                Dimension = D,
                BatchSize = B,
                Heads = [new HeadOptions { ClusterCount = clusters }],
            }
        );
}
