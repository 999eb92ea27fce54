using System.Net;
using System.Net.Sockets;
using CoKe.Access;

namespace CoKe.Settings;

/// <summary>How a client is told which silos to connect to. A client reads command line and environment, no file.</summary>
public static class GatewaySettings
{
    /// <summary>--gateway.</summary>
    public static readonly SettingOption Gateway = new("gateway", "", "HOST:PORT") { IsList = true };

    /// <summary>The arguments of a client's command.</summary>
    /// <param name="description">What --gateway means to it.</param>
    /// <param name="isRecursive">Commands below the command take them too.</param>
    public static SettingArguments Arguments(string description, bool isRecursive = false) =>
        new([Gateway with { Description = description }, .. AccessSettings.All], isRecursive);

    /// <summary>What was given as to a connection, the rest by default.</summary>
    /// <param name="given">What <see cref="Arguments"/> read.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="cancellation">Gives up asking for addresses.</param>
    /// <exception cref="ConstrainedKMeans.InvalidOptionsException">Something is malformed, or a file cannot be read.</exception>
    public static async Task<CokeConnection> ReadAsync(IReadOnlyDictionary<string, string> given, Func<string, string?> environment, CancellationToken cancellation)
    {
        var sources = new SettingSources(given, environment);
        return new CokeConnection
        {
            Gateways = sources.Find(Gateway) is { } gateways
                ? await Task.WhenAll(gateways.Text.Split(',', StringSplitOptions.TrimEntries).Select(gateway => ParseAsync(gateways with { Text = gateway }, cancellation)))
                : [CokeConnection.DefaultGateway],
            Cluster = sources.Text(AccessSettings.Cluster) ?? CokeConnection.DefaultCluster,
            Token = AccessSettings.ReadToken(sources),
            Tls = AccessSettings.ReadTls(sources, isSilo: false),
        };
    }

    static async Task<IPEndPoint> ParseAsync(Setting gateway, CancellationToken cancellation)
    {
        var colon = gateway.Text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(gateway.Text.AsSpan(colon + 1), out var port) || port == 0) throw gateway.Refuse("is no HOST:PORT: write for instance localhost:30000.");
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(gateway.Text[..colon].Trim('[', ']'), cancellation);

            // Silos listen on IPv4 unless told otherwise.
            return new IPEndPoint(addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0], port);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw gateway.Refuse($"names an unknown host: {e.Message}.", e);
        }
    }
}
