using Orleans.Runtime.Messaging;

namespace CoKe.Client.Gateways;

/// <summary>
/// Repeats calls that nobody has taken, which is safe whatever they do. Orleans tries two gateways and gives up, though others may live;
/// and a silo refuses for another one that has died, until the cluster agrees that it has.
/// </summary>
sealed class RetryUnsentCalls : IOutgoingGrainCallFilter
{
    /// <remarks>What Orleans asks a certain silo for itself it asks another one when that fails: its system targets are left
    /// alone.</remarks>
    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        var began = TimeProvider.System.GetTimestamp();
        await GatewayTimes.UnsentCall.CallAsync(
            async () =>
            {
                await call.Invoke();
                return true;
            },
            e => IsUnsent(e) && call.Grain is not ISystemTarget && TimeProvider.System.GetElapsedTime(began) < GatewayTimes.Unsent,
            TimeProvider.System
        );
    }

    // A silo that is found dead while it works on the call says nothing of how far it came.
    static bool IsUnsent(Exception e) =>
        e is ConnectionFailedException or (OrleansMessageRejectionException and not SiloUnavailableException);
}
