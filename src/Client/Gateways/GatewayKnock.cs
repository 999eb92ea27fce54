using System.Net.Sockets;

namespace CoKe.Client.Gateways;

/// <summary>Whether anybody listens at a gateway: a moment tells, where the client of Orleans needs seconds.</summary>
static class GatewayKnock
{
    /// <summary>Knocks at every gateway until one opens.</summary>
    /// <param name="gateways">Where they are; looked up anew at every try.</param>
    /// <param name="patience">Then nobody is at home. A silo that is started at the same time may take a moment.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False: none took a connection.</returns>
    public static async Task<bool> IsHeardAsync(NamedGateways gateways, TimeSpan patience, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(patience);
        try
        {
            await gateways.InitializeGatewayListProvider().WaitAsync(end.Token);
            while (true)
            {
                foreach (var gateway in gateways.Endpoints)
                {
                    using var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                    try
                    {
                        await socket.ConnectAsync(gateway, end.Token);
                        return true;
                    }
                    catch (SocketException)
                    {
                        // Nobody yet.
                    }
                }

                await Task.Delay(GatewayTimes.Knock, end.Token);
                await gateways.GetGateways().WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
