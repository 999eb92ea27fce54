using System.Collections.Immutable;
using System.Net;
using CoKe.Client.Gateways;
using Orleans.Metadata;

namespace CoKe.Grains.Tests.Session;

/// <summary>A silo that stops in order tells that the cluster has no silo; one that is back with a membership of its own numbers from the
/// start.</summary>
public sealed class LastKnownGrainsTests
{
    static readonly GrainManifest _s_own = new(
        ImmutableDictionary<GrainType, GrainProperties>.Empty,
        ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty
    );

    [Fact]
    public void Current_SiloStops_StaysWhatItToldBefore()
    {
        var told = new Told { Current = Manifest(3, silo: 1) };
        var known = new LastKnownGrains(told);
        Assert.Same(told.Current, known.Current);
        var before = told.Current;
        told.Current = Manifest(4);
        Assert.Same(before, known.Current);
        Assert.True(known.AreKnown);
    }

    [Fact]
    public void Current_AnotherSiloTells_FollowsIt()
    {
        var told = new Told { Current = Manifest(3, silo: 1) };
        var known = new LastKnownGrains(told);
        told.Current = Manifest(5, silo: 2);
        Assert.Same(told.Current, known.Current);
    }

    [Fact]
    public void AreKnown_OnlyTheClientItself_IsFalse()
    {
        var known = new LastKnownGrains(new Told { Current = Manifest(1) });
        Assert.False(known.AreKnown);
        Assert.Equal(1, known.Current.Version.Major);
    }

    static ClusterManifest Manifest(long version, int? silo = null)
    {
        var parts = ImmutableDictionary<SiloAddress, GrainManifest>.Empty.Add(Address(0), _s_own);
        if (silo is { } number)
        {
            var grains = ImmutableDictionary<GrainType, GrainProperties>.Empty.Add(
                GrainType.Create("run"),
                new GrainProperties(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal))
            );
            parts = parts.Add(Address(number), new GrainManifest(grains, _s_own.Interfaces));
        }

        return new ClusterManifest(new MajorMinorVersion(version, 0), parts);
    }

    static SiloAddress Address(int number) => SiloAddress.New(IPAddress.Loopback, 1000 + number, number);

    sealed class Told : IClusterManifestProvider
    {
        public required ClusterManifest Current { get; set; }

        public IAsyncEnumerable<ClusterManifest> Updates => AsyncEnumerable.Empty<ClusterManifest>();

        public GrainManifest LocalGrainManifest => _s_own;
    }
}
