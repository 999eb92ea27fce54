using CoKe.Abstractions.Rights;

namespace CoKe.Grains.Rights;

/// <summary>
/// Gives every call that starts in a silo the cluster's credential: those of grains, of timers and streams, of Orleans itself, of code beside it. What
/// a client proved for a call does not go on with what that call leads to, and no call to a client carries anything.
/// </summary>
internal sealed class ClusterCalls(CallKeys keys) : IOutgoingGrainCallFilter
{
    // Async, so that the context ends with the call and is not seen by who made it.
    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        CallCredential.Attach(call.TargetId.IsClient() ? null : keys.Cluster);
        await call.Invoke();
    }
}
