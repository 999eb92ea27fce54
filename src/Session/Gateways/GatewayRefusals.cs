using System.Net;
using CoKe.Access;

namespace CoKe.Session.Gateways;

/// <summary>Which gateways have refused a client that connects. One that takes it is enough; when none is left, waiting is in vain.</summary>
internal sealed class GatewayRefusals(NamedGateways gateways)
{
    readonly HashSet<EndPoint> _refusing = [];
    readonly TaskCompletionSource<AccessRefusedException> _byAll = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the last refusal when every gateway has refused.</summary>
    public Task<AccessRefusedException> ByAll => _byAll.Task;

    public void Add(AccessRefusedException refusal)
    {
        lock (_refusing)
        {
            if (refusal.Silo is not null) _refusing.Add(refusal.Silo);
            if (gateways.Endpoints.All(_refusing.Contains)) _byAll.TrySetResult(refusal);
        }
    }
}
