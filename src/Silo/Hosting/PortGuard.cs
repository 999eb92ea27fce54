using System.Net;
using System.Net.Sockets;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Hosting;

/// <summary>
/// Keeps a silo's ports to one silo for as long as it lives. Orleans would not: it opens its own so that two processes can share one, and
/// each would get some of the other's connections.
/// </summary>
/// <remarks>
/// To try whether a port is free tells nothing of two silos that start at once. So each holds, besides, the UDP port of the same number and
/// address, which the system gives to one process and takes back when that ends. It is connected to itself: the system drops what others
/// send.
/// </remarks>
sealed class PortGuard : IDisposable
{
    readonly List<Socket> _held = [];

    PortGuard() { }

    /// <summary>Takes the ports.</summary>
    /// <exception cref="InvalidOptionsException">One is taken, or the address is not this machine's.</exception>
    public static PortGuard Take(SiloSettings settings)
    {
        var guard = new PortGuard();
        try
        {
            foreach (
                var (option, port) in new[]
                {
                    (SiloOptions.SiloPort, settings.SiloPort),
                    (SiloOptions.GatewayPort, settings.GatewayPort),
                    (SiloOptions.HttpPort, settings.HttpPort),
                }
            )
                guard.Take(option, new IPEndPoint(settings.Listen, port));
            return guard;
        }
        catch
        {
            guard.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var socket in _held)
            socket.Dispose();
    }

    void Take(SettingOption option, IPEndPoint place)
    {
        try
        {
            var socket = new Socket(place.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            _held.Add(socket);
            socket.Bind(place);
            var own =
                place.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
                : place.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
                : place.Address;
            socket.Connect(new IPEndPoint(own, place.Port));
            using var listener = new TcpListener(place); // another program's, which knows nothing of the UDP port
            listener.Start();
        }
        catch (SocketException e)
        {
            throw new InvalidOptionsException(
                option.Name,
                $"{place.Port}",
                $"{option} {place.Port} cannot be listened on at {place.Address}: {e.Message.TrimEnd('.')}. Stop who uses it, "
                    + "or give another.",
                e
            );
        }
    }
}
