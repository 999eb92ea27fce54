using System.Net;
using System.Net.Sockets;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Session;

namespace CoKe.Client.CommandLine;

/// <summary>The silo a command talks to: a running one, or one inside this process.</summary>
sealed class Connection : IAsyncDisposable
{
    static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(8);

    readonly EmbeddedSilo? _silo;

    Connection(CokeClient client, EmbeddedSilo? silo) => (Client, _silo) = (client, silo);

    /// <summary>The client.</summary>
    public CokeClient Client { get; }

    /// <summary>Connects to gateways, or starts a silo.</summary>
    /// <param name="gateways">HOST:PORT each; none: the default.</param>
    /// <param name="embedded">Whether --embedded was given.</param>
    /// <param name="embeddedByDefault">Whether to start a silo when neither was given.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOptionsException">A gateway cannot be understood, or both were given.</exception>
    /// <exception cref="SiloUnreachableException">No silo answers.</exception>
    public static async Task<Connection> OpenAsync(IReadOnlyList<string> gateways, bool embedded, bool embeddedByDefault, CancellationToken cancellation)
    {
        if (embedded && gateways.Count > 0)
        {
            throw new InvalidOptionsException("embedded", gateways[0], "--embedded starts a silo of its own and --gateway names a running one: give only one of them.");
        }

        if (embedded || (embeddedByDefault && gateways.Count == 0))
        {
            var silo = await EmbeddedSilo.StartAsync(cancellation: cancellation);
            return new Connection(new CokeClient(silo.Client), silo);
        }

        var endpoints = await Task.WhenAll(gateways.Select(gateway => ParseAsync(gateway, cancellation)));
        return new Connection(await ConnectAsync(endpoints, cancellation), null);
    }

    /// <summary>Ends the connection, and the silo if it is inside this process.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
    }

    // The client of Orleans retries by itself for minutes; a person wants to know sooner.
    static async Task<CokeClient> ConnectAsync(IReadOnlyList<IPEndPoint> endpoints, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ConnectPatience);
        try
        {
            return await CokeClient.ConnectAsync(endpoints, patience.Token).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new SiloUnreachableException(endpoints.Count > 0 ? endpoints : [CokeClient.DefaultGateway], e);
        }
    }

    internal static async Task<IPEndPoint> ParseAsync(string gateway, CancellationToken cancellation)
    {
        var colon = gateway.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(gateway.AsSpan(colon + 1), out var port) || port == 0)
        {
            throw new InvalidOptionsException("gateway", gateway, $"--gateway {gateway} is no HOST:PORT: write for instance localhost:30000.");
        }

        var host = gateway[..colon].Trim('[', ']');
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellation);

            // Silos listen on IPv4 unless told otherwise.
            return new IPEndPoint(addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0], port);
        }
        catch (SocketException e)
        {
            throw new InvalidOptionsException("gateway", gateway, $"--gateway {gateway} names an unknown host: {e.Message}.", e);
        }
    }
}
