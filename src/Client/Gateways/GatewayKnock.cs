using System.Net;
using System.Net.Sockets;

namespace CoKe.Client.Gateways;

/// <summary>Whether anybody listens at a gateway: a moment tells, where the client of Orleans needs seconds.</summary>
static class GatewayKnock
{
    /// <summary>Knocks at every gateway until one opens.</summary>
    /// <param name="gateways">Where they are; looked up anew at every try.</param>
    /// <param name="patience">When nobody has opened by then, and each refused, nobody is at home. A silo that is started at the same time
    /// may take a moment.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False: every gateway refused. A gateway that says nothing may be far or overrun, and is no reason to give up.</returns>
    public static async Task<bool> IsHeardAsync(NamedGateways gateways, TimeSpan patience, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(patience);
        try
        {
            await gateways.InitializeGatewayListProvider().WaitAsync(end.Token);
            while (true)
            {
                // Side by side: one that is silent must not keep the others from being tried.
                var knocks = gateways.Endpoints.Select(gateway => OpensAsync(gateway, end.Token)).ToList();
                while (knocks.Count > 0)
                {
                    var first = await Task.WhenAny(knocks);
                    if (await first)
                        return true;
                    knocks.Remove(first);
                }

                await Task.Delay(GatewayTimes.Knock, end.Token);
                await gateways.GetGateways().WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The time is over.
        }

        cancellation.ThrowIfCancellationRequested();
        return false;
    }

    /// <returns>False: it refused. A gateway from which nothing has come when the time is over counts as one that may yet open.</returns>
    static async Task<bool> OpensAsync(IPEndPoint gateway, CancellationToken end)
    {
        try
        {
            using var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(gateway, end);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
