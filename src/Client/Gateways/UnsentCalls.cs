using Orleans.Runtime.Messaging;

namespace CoKe.Client.Gateways;

/// <summary>
/// Repeats calls that nobody has taken, which is safe whatever they do. Orleans tries two gateways and gives up, though others may live;
/// and a silo refuses for another one that has died, until the cluster agrees that it has.
/// </summary>
sealed class UnsentCalls : IOutgoingGrainCallFilter
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20),
        Pause = TimeSpan.FromMilliseconds(100);

    /// <remarks>What Orleans asks a certain silo for itself it asks another one when that fails: its system targets are left
    /// alone.</remarks>
    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await call.Invoke();
                return;
            }
            catch (Exception e)
                when (IsUnsent(e) && call.Grain is not ISystemTarget && TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause);
            }
        }
    }

    // A silo that is found dead while it works on the call says nothing of how far it came.
    static bool IsUnsent(Exception e) =>
        e is ConnectionFailedException or (OrleansMessageRejectionException and not SiloUnavailableException);
}
