using CoKe.Abstractions;
using CoKe.Streams;

namespace CoKe.Grains.Tests.Streams;

/// <summary>A silo joins another while producers send.</summary>
public sealed class SiloJoinTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly string[] Names = [.. Enumerable.Range(0, 16).Select(s => $"silo-join-{s}")];

    readonly StreamCluster _cluster = new OneSilo();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Silo_JoinsUnderTraffic_QueuesFollowTheirReadersAndLoseNothing()
    {
        using var enough = new CancellationTokenSource();
        var sending = Task.WhenAll(Names.Select(name => SendAsync(name, enough.Token)));
        await Recorder.Of(Names[0]).WaitForAsync(10);
        await _cluster.Cluster.StartAdditionalSiloAsync();
        await UntilAtHomeAsync(sending);
        await enough.CancelAsync();

        // Nobody sends anything again.
        var sent = await sending.WaitAsync(Patience);
        foreach (var (name, count) in Names.Zip(sent))
        {
            var received = await Recorder.Of(name).WaitForEachAsync(count);
            Assert.Equal(Enumerable.Range(0, count), received.Select(packet => packet.Number).Distinct().Order());
        }
    }

    async Task<int> SendAsync(string name, CancellationToken enough)
    {
        var sent = 0;
        for (; !enough.IsCancellationRequested; sent++)
        {
            await _cluster.Stream(name).OnNextAsync(Packet.Of(0, sent, StreamCluster.PacketBytes));
        }

        return sent;
    }

    /// <summary>Every queue is on the silo that reads it, half of them on each.</summary>
    async Task UntilAtHomeAsync(Task sending)
    {
        var options = StreamCluster.Options();
        var homes = new QueueHomes(EmbeddingStreams.ProviderName, options).Over([
            .. _cluster.Cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString()),
        ]);
        Assert.All(homes.Values.CountBy(home => home), home => Assert.Equal(options.QueueCount / 2, home.Value));
        var producer = new QueueProducer(EmbeddingStreams.ProviderName, _cluster.Client, options);
        var management = _cluster.Client.GetGrain<IManagementGrain>(0);
        using var patience = new CancellationTokenSource(Patience);
        foreach (var (queue, home) in homes)
        {
            while ((await management.GetActivationAddress(producer.Queue(queue)))?.ToParsableString() != home)
            {
                patience.Token.ThrowIfCancellationRequested();
                if (sending.IsFaulted)
                {
                    await sending;
                }
            }
        }
    }
}
