using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoKe.Access;
using CoKe.Errors;
using Orleans.Messaging;

namespace CoKe.Client.Gateways;

/// <summary>
/// The gateways that were named, looked up anew whenever Orleans asks: a silo that is started again, in a container for instance, may have
/// another address under its old name.
/// </summary>
sealed class NamedGateways(IReadOnlyList<GatewayAddress> gateways, TimeSpan patience) : IGatewayListProvider
{
    readonly ConcurrentDictionary<GatewayAddress, IPAddress> _known = new();

    /// <summary>How long a gateway is left alone after it failed.</summary>
    public TimeSpan MaxStaleness => patience;

    public bool IsUpdatable => true;

    /// <summary>Where they are, as far as that is known. One gateway under two names is one gateway.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints =>
        [.. gateways.Where(_known.ContainsKey).Select(gateway => new IPEndPoint(_known[gateway], gateway.Port)).Distinct()];

    /// <exception cref="InvalidOptionsException">None of the hosts is known: that is no silo that is away, but a name that is
    /// wrong.</exception>
    public async Task InitializeGatewayListProvider()
    {
        await LookUpAsync();
        if (_known.IsEmpty)
            throw new InvalidOptionsException(
                "gateway",
                $"{gateways[0]}",
                $"Gateway {gateways[0]} names an unknown host: write it as it is known to this machine, or as an IP address."
            );
    }

    public async Task<IList<Uri>> GetGateways()
    {
        await LookUpAsync();
        return [.. Endpoints.Select(endpoint => endpoint.ToGatewayUri())];
    }

    Task LookUpAsync() =>
        Task.WhenAll(
            gateways.Select(async gateway =>
            {
                try
                {
                    _known[gateway] = await HostAddress.LookUpAsync(gateway.Host);
                }
                catch (Exception e) when (e is SocketException or ArgumentException)
                {
                    // A container that is away has no name; what it had before is as good a guess as any.
                }
            })
        );
}
