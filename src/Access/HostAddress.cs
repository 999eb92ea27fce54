using System.Net;
using System.Net.Sockets;

namespace CoKe.Access;

/// <summary>Which of a host's addresses is meant: silos listen on IPv4 unless told otherwise.</summary>
public static class HostAddress
{
    /// <summary>Takes an address as it is, and looks up a name.</summary>
    /// <param name="host">An IP address or a host name.</param>
    /// <returns>Its first address of version 4; of version 6 only if it has no other.</returns>
    /// <exception cref="SocketException">No host of that name is known.</exception>
    /// <exception cref="ArgumentException">It can be no name.</exception>
    public static async Task<IPAddress> LookUpAsync(string host)
    {
        if (IPAddress.TryParse(host, out var literal))
            return literal;
        var addresses = await Dns.GetHostAddressesAsync(host);
        return addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
    }
}
