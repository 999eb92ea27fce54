using System.Net;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Errors;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using CoKe.Grains.Rights;
using CoKe.Grains.Scoring;
using CoKe.Grains.Sequencing;
using CoKe.Silo.Http;
using CoKe.Silo.Settings;
using CoKe.Storage;
using CoKe.Storage.Postgres;
using CoKe.Storage.Sqlite;
using Orleans.Configuration;

namespace CoKe.Silo.Hosting;

/// <summary>Puts the silo together. Nothing is configured but by <see cref="SiloSettings"/>: what else the environment says of ports or
/// logs does not count.</summary>
sealed class SiloHost : IDisposable
{
    readonly SiloSettings _settings;
    readonly StartWatch _start = new();
    readonly IHost _host;
    PortGuard? _ports;

    /// <summary>The web pages come first and go last: they tell that the silo starts and that it stops.</summary>
    public SiloHost(SiloSettings settings, Failpoints? failpoints)
    {
        _settings = settings;
        _host = new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(Telemetry.Variables()))
            .ConfigureLogging(logging => Logs.Configure(logging, settings.LogLevel, _start))
            .ConfigureWebHost(web => Pages.Configure(web, settings), options => options.SuppressEnvironmentConfiguration = true)
            .UseOrleans(silo => Configure(silo, settings, failpoints, _start))
            .Build();
    }

    /// <summary>Starts it; what forbids it is one sentence.</summary>
    /// <exception cref="CokeException">The storage, a port or the cluster cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _ports = PortGuard.Take(_settings);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var start = _host.StartAsync(giveUp.Token);

        try
        {
            // Orleans would ask again for minutes. Without its first silo this one cannot be; of those in a database one may be dead, and
            // its port another's.
            if (await Task.WhenAny(start, _start.KeptOut) == _start.KeptOut)
                await Task.WhenAny(
                    start,
                    _settings.PrimaryPort is null ? Task.Delay(SiloTimes.UntilTheDeadAreForgotten, giveUp.Token) : Task.CompletedTask
                );
            if (!start.IsCompleted)
                await giveUp.CancelAsync();
            await start;
            _start.End();
        }
        catch (Exception e) when (e is not CokeException && !cancellation.IsCancellationRequested)
        {
            throw StartFailure.Explain(e, _start);
        }
    }

    /// <summary>Completes when it has stopped.</summary>
    public Task WaitForStopAsync(CancellationToken cancellation) => _host.WaitForShutdownAsync(cancellation);

    public void Dispose()
    {
        _host.Dispose();
        _ports?.Dispose(); // last: who gets them next finds them free
    }

    /// <summary>The one line that says that it runs.</summary>
    public string Ready => Line(_settings);

    static string Line(SiloSettings settings) =>
        $"Silo ready: gateway {new IPEndPoint(settings.Address, settings.GatewayPort)}, "
        + $"silo {new IPEndPoint(settings.Address, settings.SiloPort)}, "
        + $"door and health {(settings.Tls is null ? "http" : "https")}://{new IPEndPoint(settings.Address, settings.HttpPort)}, "
        + $"state in {settings.Storage.Place}. Ctrl-C stops it.";

    static void Configure(ISiloBuilder silo, SiloSettings settings, Failpoints? failpoints, StartWatch start)
    {
        var secret = settings.SiloToken is { } shared ? new ClusterSecret(shared.CallKey) : new ClusterSecret();
        var clients = new ConnectionGuard(() => settings.ClientTokens, settings.Tls);
        var silos = new ConnectionGuard(
            () => [settings.ClientTokens.Aggregate(SiloAccess.Of(secret), (one, token) => one.With(token.CallKey))],
            settings.Tls,
            start.See
        );
        silo.Services.AddSingleton(secret);
        silo.Services.AddSingleton(new ClientKeys { Administer = settings.Token?.CallKey, Feed = settings.FeedToken?.CallKey });
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = settings.Address;
            (endpoint.SiloPort, endpoint.GatewayPort) = (settings.SiloPort, settings.GatewayPort);
            endpoint.SiloListeningEndpoint = new IPEndPoint(settings.Listen, settings.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(settings.Listen, settings.GatewayPort);
        });
        silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = settings.Cluster);
        silo.GuardPorts(clients, silos);
        silo.LimitConnections(settings.Connections);
        silo.Services.AddSingleton<IFatalErrorHandler>(new FatalEnd(start)); // Orleans adds its own only where there is none
        if (failpoints is not null)
            silo.Services.AddSingleton(failpoints);
        silo.AddCoke();
        OrleansDashboard.Add(silo);
        if (Telemetry.IsSent(settings))
            silo.AddActivityPropagation();
        if (settings.CheckpointInterval is { } interval)
            silo.Services.Configure<SequencerOptions>(options => options.CheckpointInterval = interval);
        if (settings.ScoringThreads is { } threads)
            silo.Services.Configure<ScoringOptions>(options => options.Threads = threads);
        switch (settings.Storage)
        {
            case StorageSettings.Sqlite file:
                silo.UseDevelopmentClustering(new IPEndPoint(settings.Address, settings.SiloPort)); // it is the only one
                silo.UseSqlite(file.Options);
                break;
            case StorageSettings.Memory:
                silo.UseDevelopmentClustering(new IPEndPoint(settings.Address, settings.PrimaryPort ?? settings.SiloPort));
                silo.UseMemory();
                break;
            case StorageSettings.Postgres database:
                silo.UsePostgres(new PostgresOptions { ConnectionString = database.ConnectionString }); // membership too
                break;
        }
    }
}
