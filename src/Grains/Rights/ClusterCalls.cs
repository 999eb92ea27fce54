using CoKe.Abstractions.Rights;

namespace CoKe.Grains.Rights;

/// <summary>
/// Gives every call that starts in a silo the cluster's credential: those of grains, of timers and streams, of Orleans itself, of code
/// beside it. What a client proved for a call does not go on with what that call leads to, and no call to a client carries anything.
/// </summary>
sealed class ClusterCalls(CallKeys keys) : IOutgoingGrainCallFilter
{
    // Orleans runs filters in an asynchronous method of its own, with which the context ends: who made the call never sees it.
    public Task Invoke(IOutgoingGrainCallContext call)
    {
        if (call.TargetId.IsClient())
            CallCredential.Attach(null as byte[]);
        else
            CallCredential.Attach(keys.Own);
        return call.Invoke();
    }
}
