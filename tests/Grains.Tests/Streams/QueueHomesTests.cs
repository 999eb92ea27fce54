using System.Collections.Immutable;
using System.Net;
using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime.Placement;
using Orleans.Streams;

namespace CoKe.Grains.Tests.Streams;

/// <summary>Where queues live and are read, and where the sequencers are that take from them.</summary>
public sealed class QueueHomesTests
{
    static readonly QueueStreamOptions Options = new();
    static readonly QueueHomes Homes = new(EmbeddingStreams.ProviderName, Options);
    static readonly HashRingBasedStreamQueueMapper Mapper = Options.Mapper(EmbeddingStreams.ProviderName);

    static string Key(QueueId queue) => IStreamQueueGrain.Key(queue, Options.QueueCount);

    static string[] Names(int count, int set = 0) => [.. Addresses(count, set).Select(silo => silo.ToParsableString())];

    static IEnumerable<SiloAddress> Addresses(int count, int set) =>
        Enumerable.Range(0, count).Select(i => SiloAddress.New(IPAddress.Parse($"10.0.{set}.{i}"), 11111, 1000 + i));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(11)]
    public void Over_AnySilos_EveryQueueHasOneAndEverySiloItsEvenShare(int silos)
    {
        for (var set = 0; set < 50; set++)
        {
            var names = Names(silos, set);
            var homes = Homes.Over(names);
            Assert.Equal(Mapper.GetAllQueues().Order(), homes.Keys.Order());
            var shares = names.Select(name => homes.Values.Count(home => home == name)).ToArray();
            Assert.InRange(shares.Max() - shares.Min(), 0, 1);
            Assert.Equal(homes, Homes.Over([.. names.Reverse()]));
        }
    }

    [Fact]
    public void Over_ASiloJoins_LittleElseMovesThanItsShare()
    {
        var (moved, share) = (0, 0);
        for (var set = 0; set < 50; set++)
        {
            var (before, after) = (Homes.Over(Names(3, set)), Homes.Over(Names(4, set)));
            moved += before.Count(queue => after[queue.Key] != queue.Value);
            share += before.Count / 4;
        }

        Assert.InRange(moved, share, 1.6 * share); // by round robin it would be three times the share
    }

    [Fact]
    public void Over_NoSilos_IsNone()
    {
        Assert.Empty(Homes.Over([]));
        Assert.Null(Homes.Of(EmbeddingStreams.OfRun("run~1"), []));
        Assert.Null(Homes.Of("a queue that nobody reads/8", Names(2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task ReaderQueueAndSequencer_AnySilos_AreAtOnePlace(int silos)
    {
        for (var set = 0; set < 10; set++)
        {
            var addresses = Addresses(silos, set).ToArray();
            var readers = new Dictionary<QueueId, SiloAddress>();
            foreach (var silo in addresses)
            {
                foreach (var queue in await QueuesReadByAsync(silo, addresses))
                {
                    readers.Add(queue, silo);
                }
            }

            for (var run = 0; run < 20; run++)
            {
                var queue = Mapper.GetQueueForStream(EmbeddingStreams.OfRun($"run~{run}"));
                var grain = await PlaceAsync(new QueuePlacementDirector(Homes), "queue", Key(queue), addresses);
                var sequencer = await PlaceAsync(new HomePlacementDirector(new Silos(Homes)), "sequencer", $"run~{run}", addresses);
                Assert.Equal((readers[queue], readers[queue]), (grain, sequencer));
                Assert.Equal(sequencer.ToParsableString(), new Silos().Order($"run~{run}", Names(silos, set))[0]);
            }
        }
    }

    [Fact]
    public void Order_OfARun_HasEverySiloOnce_AndItsOwnSecond()
    {
        var names = Names(4);
        var orders = Enumerable.Range(0, 100).Select(run => new Silos().Order($"run~{run}", names)).ToArray();
        Assert.All(orders, order => Assert.Equal(names.Order(), order.Order()));
        Assert.All(orders.CountBy(order => order[0]), home => Assert.InRange(home.Value, 10, 45));
        Assert.Equal(12, orders.CountBy(order => (order[0], order[1])).Count()); // what does not fit at a home spreads over all others
    }

    static Task<SiloAddress> PlaceAsync(IPlacementDirector director, string type, string key, SiloAddress[] silos) =>
        director.OnAddActivation(
            QueuePlacement.Singleton,
            new PlacementTarget(GrainId.Create(type, key), [], default, 0),
            new PlacementContext(silos)
        );

    static async Task<QueueId[]> QueuesReadByAsync(SiloAddress here, SiloAddress[] silos)
    {
        var membership = new Membership(silos);
        await using var services = new ServiceCollection()
            .AddSingleton<IClusterMembershipService>(membership)
            .AddSingleton<ILocalSiloDetails>(new LocalSilo(here))
            .BuildServiceProvider();
        var balancer = new HomeQueueBalancer(Homes, membership, services, NullLogger<HomeQueueBalancer>.Instance);
        await balancer.Initialize(Mapper);
        await balancer.Shutdown();
        return [.. balancer.GetMyQueues()];
    }

    sealed class Membership(SiloAddress[] active) : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } =
            new(
                active.ToImmutableDictionary(silo => silo, silo => new ClusterMember(silo, SiloStatus.Active, "")),
                new MembershipVersion(1)
            );

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => new[] { CurrentSnapshot }.ToAsyncEnumerable();

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => default;

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    sealed class LocalSilo(SiloAddress here) : ILocalSiloDetails
    {
        public string Name => "";

        public string ClusterId => "";

        public string DnsHostName => "";

        public SiloAddress SiloAddress => here;

        public SiloAddress GatewayAddress => here;
    }

    sealed class PlacementContext(SiloAddress[] silos) : IPlacementContext
    {
        public SiloAddress LocalSilo => silos[^1];

        public SiloStatus LocalSiloStatus => SiloStatus.Active;

        public SiloAddress[] GetCompatibleSilos(PlacementTarget target) => silos;

        public IReadOnlyDictionary<ushort, SiloAddress[]> GetCompatibleSilosWithVersions(PlacementTarget target) =>
            throw new NotSupportedException();
    }
}
