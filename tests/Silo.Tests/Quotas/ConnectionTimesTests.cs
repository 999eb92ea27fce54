using CoKe.Access.Quotas;
using Orleans.Configuration;

namespace CoKe.Silo.Tests.Quotas;

/// <summary>Times of connections that depend on each other agree, as their table says.</summary>
public sealed class ConnectionTimesTests
{
    [Fact]
    public void Caller_GivesUpBeforeOrleans_AndBeforeWhomItCalls()
    {
        Assert.True(ConnectionTimes.Caller < new ConnectionOptions().OpenConnectionTimeout);
        Assert.True(ConnectionTimes.Caller < ConnectionTimes.Listener);
    }

    [Fact]
    public void Silent_AreLookedAtSeveralTimesInTheirPatience()
    {
        var limits = PortLimits.Of(PortLimits.Least);
        Assert.True(3 * ConnectionTimes.SilentLook < limits.Patience);
        Assert.True(limits.Patience < ConnectionTimes.Taken);
        Assert.True(WaitingCallers.Step < ConnectionTimes.Rest);
    }
}
