using CoKe.Abstractions.Hosting;
using CoKe.Access;
using Orleans.Configuration;

namespace CoKe.Grains.Hosting;

/// <summary>What stands before Orleans on the ports of a silo, and on the connections that it opens to other silos.</summary>
public static class GuardedPorts
{
    /// <summary>Who may come is asked first; then the gateway's door, and a look at every message.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="clients">Asks those who come to the gateway.</param>
    /// <param name="silos">Asks silos, and answers them.</param>
    public static ISiloBuilder GuardPorts(this ISiloBuilder silo, ConnectionGuard clients, ConnectionGuard silos) =>
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(port =>
            {
                silos.GuardIncoming(port, Purpose.Silo);
                NestingGuard.AddTo(port);
            });
            connections.ConfigureSiloOutboundConnection(port =>
            {
                silos.GuardOutgoing(port, Purpose.Silo);
                NestingGuard.AddTo(port);
            });
            connections.ConfigureGatewayInboundConnection(port =>
            {
                clients.GuardIncoming(port, Purpose.Gateway);
                GatewayDoor.AddTo(port);
                NestingGuard.AddTo(port, fromClients: true);
            });
        });
}
