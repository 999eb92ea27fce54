using System.Net;
using System.Net.Sockets;
using CoKe.Access;
using CoKe.Access.Quotas;
using CoKe.Errors;
using CoKe.Grains.Scoring;
using CoKe.Grains.Sequencing;
using CoKe.Settings;

namespace CoKe.Silo.Settings;

/// <summary>Turns text into settings, and refuses by name what is malformed or cannot be together, before anything starts.</summary>
/// <param name="sources">Where the text is.</param>
/// <param name="makesTokens">Files of tokens that are named and do not exist are written.</param>
/// <param name="files">How many files this process may open; null: as the system says.</param>
sealed class SiloSettingsReader(SettingSources sources, bool makesTokens = false, int? files = null)
{
    static readonly (SettingOption Token, SettingOption File)[] _s_tokens =
    [
        (AccessSettings.Token, AccessSettings.TokenFile),
        (SiloOptions.FeedToken, SiloOptions.FeedTokenFile),
        (SiloOptions.SiloToken, SiloOptions.SiloTokenFile),
    ];

    /// <summary>All of them.</summary>
    /// <exception cref="InvalidOptionsException">One sentence that names the option as it was given.</exception>
    public SiloSettings Read()
    {
        var address = sources.Find(SiloOptions.Address);
        var listen = sources.Find(SiloOptions.Listen);
        var storage = new StorageReader(sources).Read();
        CheckTokens();
        var settings = new SiloSettings
        {
            Storage = storage,
            Cluster = sources.Text(AccessSettings.Cluster) ?? CokeConnection.DefaultCluster,
            Address = address is null ? IPAddress.Loopback : Resolve(address),
            Listen = (listen ?? address) is { } place ? Resolve(place) : IPAddress.Loopback,
            SiloPort = Port(SiloOptions.SiloPort) ?? SiloOptions.DefaultSiloPort,
            GatewayPort = Port(SiloOptions.GatewayPort) ?? SiloOptions.DefaultGatewayPort,
            HttpPort = Port(SiloOptions.HttpPort) ?? SiloOptions.DefaultHttpPort,
            PrimaryPort = Port(SiloOptions.PrimaryPort),
            Token = Token(0),
            FeedToken = Token(1),
            SiloToken = Token(2),
            Tls = AccessSettings.ReadTls(sources, isSilo: true),
            Connections = new ConnectionsReader(sources, files ?? FileLimit.Current).Read(),
            CheckpointInterval = Interval(),
            ScoringThreads = Threads(),
            Otlp = Otlp(),
            LogLevel = Level(),
        };
        CheckPorts(settings);
        CheckDistinct(settings);
        CheckAddresses(settings, address, listen);
        return settings;
    }

    AccessToken? Token(int which)
    {
        var (token, file) = _s_tokens[which];
        if (makesTokens)
            AccessSettings.MakeToken(sources, token, file);
        return AccessSettings.ReadToken(sources, token, file);
    }

    // Before any file is read or written.
    void CheckTokens()
    {
        if (Of(1) is { } feed && Of(0) is null)
            throw feed.Refuse($"leaves nobody who may administer: give {AccessSettings.TokenFile} too.");
        if (sources.Find(SiloOptions.PrimaryPort) is { } primary && Of(2) is null)
            throw primary.Refuse($"joins another silo: give both the same {SiloOptions.SiloTokenFile}, which no client may know.");

        Setting? Of(int which) => sources.Find(_s_tokens[which].Token, _s_tokens[which].File);
    }

    int? Port(SettingOption option)
    {
        if (sources.Find(option) is not { } setting)
            return null;
        return setting.Whole() is var port and >= 1 and <= ushort.MaxValue
            ? port
            : throw setting.Refuse($"is no port: give a number from 1 to {ushort.MaxValue}.");
    }

    int? Interval()
    {
        if (sources.Find(SiloOptions.CheckpointInterval) is not { } setting)
            return null;
        var steps = setting.Whole();
        setting.Check(new SequencerOptions { CheckpointInterval = steps }.Validate);
        return steps;
    }

    int? Threads()
    {
        if (sources.Find(SiloOptions.ScoringThreads) is not { } setting)
            return null;
        var threads = setting.Whole();
        setting.Check(new ScoringOptions { Threads = threads }.Validate);
        return threads;
    }

    OtlpSettings? Otlp()
    {
        var protocol = sources.Find(SiloOptions.OtlpProtocol);
        if (protocol is not null && protocol.Text is not ("grpc" or "http"))
            throw protocol.Refuse("is no protocol of OTLP: give grpc or http.");
        if (sources.Find(SiloOptions.Otlp) is not { } endpoint)
            return protocol is null ? null : throw protocol.Refuse($"needs a collector: give {SiloOptions.Otlp} too.");
        return Uri.TryCreate(endpoint.Text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new OtlpSettings(address, protocol?.Text == "http")
            : throw endpoint.Refuse("is no address of a collector: give one such as http://localhost:4317.");
    }

    LogLevel Level()
    {
        if (sources.Find(SiloOptions.LogLevel) is not { } setting)
            return LogLevel.Information;
        return !int.TryParse(setting.Text, out _) && Enum.TryParse<LogLevel>(setting.Text, ignoreCase: true, out var level)
            ? level
            : throw setting.Refuse($"is no log level: give one of {SiloOptions.LogLevel.Value!.Replace("|", ", ")}.");
    }

    static IPAddress Resolve(Setting setting)
    {
        if (string.IsNullOrWhiteSpace(setting.Text))
            throw setting.Refuse("is empty: give an IP address or a host name.");
        try
        {
            return HostAddress.LookUpAsync(setting.Text).GetAwaiter().GetResult(); // nothing runs yet that this could hold up
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw setting.Refuse("is no IP address, and no host of that name is known.", e);
        }
    }

    static void CheckPorts(SiloSettings settings)
    {
        (SettingOption Option, int Port)[] ports =
        [
            (SiloOptions.SiloPort, settings.SiloPort),
            (SiloOptions.GatewayPort, settings.GatewayPort),
            (SiloOptions.HttpPort, settings.HttpPort),
        ];
        foreach (var same in ports.GroupBy(port => port.Port).Where(group => group.Count() > 1).Select(group => group.ToArray()))
            throw new InvalidOptionsException(
                same[1].Option.Name,
                $"{same[1].Port}",
                $"{same[0].Option.Switch} and {same[1].Option.Switch} are both {same[1].Port}: give each its own."
            );
    }

    void CheckDistinct(SiloSettings settings)
    {
        AccessToken?[] tokens = [settings.Token, settings.FeedToken, settings.SiloToken];
        for (var i = 1; i < tokens.Length; i++)
        {
            if (!tokens[..i].Any(other => other is not null && tokens[i] is { } token && token.IsSameAs(other)))
                continue;
            throw sources
                .Find(_s_tokens[i].Token, _s_tokens[i].File)!
                .Refuse("holds the token of others: give each its own, for instance files that do not exist yet.");
        }
    }

    static void CheckAddresses(SiloSettings settings, Setting? address, Setting? listen)
    {
        if (address is not null && (settings.Address.Equals(IPAddress.Any) || settings.Address.Equals(IPAddress.IPv6Any)))
            throw address.Refuse("is no address that others could reach: give the silo's own, and listen on all by --listen.");
        if (address is null && listen is not null && !IPAddress.IsLoopback(settings.Listen))
            throw listen.Refuse("needs --address too: the address that others reach this silo by.");
        var exposed =
            !IPAddress.IsLoopback(settings.Listen) ? listen ?? address
            : !IPAddress.IsLoopback(settings.Address) ? address
            : null;
        if (exposed is not null && settings.Token is null)
            throw exposed.Refuse(
                $"can be reached from other machines: configure a token by {AccessSettings.TokenFile} or {AccessSettings.Token}, "
                    + "or stay on loopback."
            );
    }
}
