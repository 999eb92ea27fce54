using CoKe.Abstractions.Rights;
using CoKe.Access;

namespace CoKe.Client.Gateways;

/// <summary>Has every call of a client prove what its token allows.</summary>
sealed class ProvenCalls(AccessToken token) : IOutgoingGrainCallFilter
{
    // Async, so that the context ends with the call and is not seen by who made it.
    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        CallCredential.Attach(token.CallKey);
        await call.Invoke();
    }
}
