using System.Net;
using CoKe.Access.Quotas;

namespace CoKe.Silo.Tests.Quotas;

/// <summary>Who gets a place among the connections of a port, and who gives way.</summary>
public sealed class ConnectionQuotaTests
{
    static readonly PortLimits _s_limits = new()
    {
        Connections = 10,
        Pending = 4,
        PerAddress = 8,
    }; // 3 pending of one address, 6 proven

    readonly ConnectionQuota _quota = new(_s_limits);
    long _now;

    [Fact]
    public void Admit_AddressHasAsManyPendingAsItMay_ItsOldestGivesWay()
    {
        var (other, oldest) = (Admit("10.0.0.2"), Admit("10.0.0.1"));
        Admit("10.0.0.1");
        Admit("10.0.0.1");
        Assert.Same(oldest, _quota.Admit(At("10.0.0.1"), _now++).GivesWay);
        Assert.True(other.Prove());
        Assert.False(oldest.Prove());
    }

    [Fact]
    public void Admit_PortHasAsManyPendingAsItMay_TheAddressWithMostGivesWay_FirstTheSilent()
    {
        var alone = Admit("10.0.0.1");
        var spoken = Admit("10.0.0.2");
        spoken.HasSpoken = true;
        var silent = Admit("10.0.0.2");
        Admit("10.0.0.3");
        Assert.Same(silent, _quota.Admit(At("10.0.0.4"), _now++).GivesWay);
        Assert.Same(alone, _quota.Admit(At("10.0.0.5"), _now++).GivesWay); // now each has one, and this is the oldest that is silent
        Assert.True(spoken.Prove());
    }

    [Fact]
    public void Admit_AnyNumberOfStrangers_NoProvenOneGivesWay()
    {
        ConnectionLease[] proven = [.. Enumerable.Range(0, _s_limits.Proven).Select(i => Admit($"10.0.1.{i}"))];
        // As they come: each is proven before the next one needs its room.
        foreach (var lease in proven)
            Assert.Equal(_quota.Count.Proven < _s_limits.Proven && lease.State == LeaseState.Pending, lease.Prove());
        for (var i = 0; _quota.Count.Proven < _s_limits.Proven; i++)
            Assert.True(Admit($"10.0.2.{i}").Prove());
        for (var i = 0; i < 1000; i++)
        {
            var (lease, givesWay) = _quota.Admit(At($"10.1.{i / 250}.{i % 250}"), _now++);
            Assert.NotNull(lease);
            Assert.Equal(givesWay is null ? null : LeaseState.Over, givesWay?.State);
            Assert.Equal((Math.Min(i + 1, _s_limits.Pending), _s_limits.Proven), _quota.Count);
            Assert.False(lease.Prove()); // as many are proven as may be
        }
    }

    [Fact]
    public void Admit_AddressHasAsManyProvenAsItMay_IsRefused_UntilOneEnds()
    {
        var quota = new ConnectionQuota(_s_limits with { PerAddress = 2 });
        var first = quota.Admit(At("10.0.0.1"), 0).Lease!;
        Assert.True(first.Prove());
        Assert.True(quota.Admit(At("10.0.0.1"), 1).Lease!.Prove());
        Assert.Equal((null, null), quota.Admit(At("10.0.0.1"), 2));
        Assert.NotNull(quota.Admit(At("10.0.0.2"), 3).Lease);
        first.Release();
        Assert.NotNull(quota.Admit(At("10.0.0.1"), 4).Lease);
    }

    [Fact]
    public void Release_OfOneThatIsOver_LeavesThoseAloneThatCameSince()
    {
        var gone = Admit("10.0.0.1");
        gone.Release();
        for (var i = 0; i < _s_limits.PendingPerAddress; i++)
            Admit("10.0.0.1");
        gone.Release();
        Assert.NotNull(_quota.Admit(At("10.0.0.1"), _now++).GivesWay); // its address is still known to have as many as it may
        Assert.Equal((_s_limits.PendingPerAddress, 0), _quota.Count);
    }

    [Fact]
    public void Rest_AfterAsManyUses_IsPendingAgain_AsTheNewest()
    {
        var used = Admit("10.0.0.1");
        Assert.True(used.Prove() && used.Prove());
        used.Rest();
        Assert.Equal((0, 1), _quota.Count);
        ConnectionLease[] later = [Admit("10.0.0.2"), Admit("10.0.0.3"), Admit("10.0.0.4"), Admit("10.0.0.5")];
        used.Rest();
        Assert.Equal((4, 0), _quota.Count);
        Assert.Equal([LeaseState.Over, LeaseState.Pending, LeaseState.Pending, LeaseState.Pending], later.Select(lease => lease.State));
        Assert.True(used.Prove());
    }

    [Fact]
    public void Admit_AddressesOfOneNetworkOfVersion6_CountAsOne()
    {
        ConnectionLease[] leases = [Admit("2001:db8::1"), Admit("2001:db8::2"), Admit("2001:db8:0:0:9::3")];
        Assert.Same(leases[0], _quota.Admit(At("2001:db8::4"), _now++).GivesWay);
        Assert.Null(_quota.Admit(At("2001:db8:0:1::1"), _now++).GivesWay);
        _quota.TakeOne();
        var mapped = Admit("::ffff:10.0.0.1");
        Assert.Same(mapped.Origin, Admit("10.0.0.1").Origin);
    }

    [Fact]
    public void TakeSilent_TakesThoseThatSaidNothing()
    {
        var (silent, spoken, late) = (Admit("10.0.0.1"), Admit("10.0.0.2"), Admit("10.0.0.3"));
        spoken.HasSpoken = true;
        Assert.Equal([silent], _quota.TakeSilent(late.Came - 1));
        Assert.Equal((2, 0), _quota.Count);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void Of_Files_LeavesHalfOfThemToOthers(int files)
    {
        var limits = ConnectionLimits.Of(files);
        PortLimits[] ports = [limits.Gateway, limits.Silo, limits.Http];
        Assert.InRange(ports.Sum(port => port.Connections), 1, files / 2);
        Assert.All(ports, port =>
            Assert.True(
                port is { Proven: > 0, Pending: > 0, PendingPerAddress: > 0 }
                    && port.PendingPerAddress < port.Pending
                    && port.PerAddress < port.Connections,
                $"{port}"
            )
        );
    }

    ConnectionLease Admit(string address) => _quota.Admit(At(address), _now++).Lease!;

    static IPEndPoint At(string address) => new(IPAddress.Parse(address), 1);
}
