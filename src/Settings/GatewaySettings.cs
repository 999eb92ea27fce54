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
    /// <exception cref="CoKe.Errors.InvalidOptionsException">Something is malformed, or a file cannot be read.</exception>
    public static CokeConnection Read(IReadOnlyDictionary<string, string> given, Func<string, string?> environment)
    {
        var sources = new SettingSources(given, environment);
        return new CokeConnection
        {
            Gateways = sources.Find(Gateway) is { } gateways
                ? [.. gateways.Text.Split(',', StringSplitOptions.TrimEntries).Select(gateway => Parse(gateways with { Text = gateway }))]
                : [CokeConnection.DefaultGateway],
            Cluster = sources.Text(AccessSettings.Cluster) ?? CokeConnection.DefaultCluster,
            Token = AccessSettings.ReadToken(sources),
            Tls = AccessSettings.ReadTls(sources, isSilo: false),
        };
    }

    static GatewayAddress Parse(Setting gateway) =>
        GatewayAddress.TryParse(gateway.Text) ?? throw gateway.Refuse("is no HOST:PORT: write for instance localhost:30000.");
}
