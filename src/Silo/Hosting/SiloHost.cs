using System.Net;
using CoKe.Access;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using CoKe.Silo.Http;
using CoKe.Silo.Settings;
using CoKe.Storage;
using Orleans.Configuration;
using Orleans.Hosting;
using Options = CoKe.Silo.Settings.SiloOptions; // Orleans has some of the same name

namespace CoKe.Silo.Hosting;

/// <summary>Puts the silo together. Nothing is configured but by <see cref="SiloSettings"/>: what else the environment says of ports or logs does not count.</summary>
internal static class SiloHost
{
    /// <summary>The web pages come first and go last: they tell that the silo starts and that it stops.</summary>
    public static IHost Build(SiloSettings settings, Failpoints? failpoints) => new HostBuilder()
        .ConfigureLogging(logging => Logs.Configure(logging, settings.LogLevel))
        .ConfigureWebHost(web => Pages.Configure(web, settings), options => options.SuppressEnvironmentConfiguration = true)
        .UseOrleans(silo => Configure(silo, settings, failpoints))
        .Build();

    /// <summary>Starts it; what forbids it is one sentence.</summary>
    /// <exception cref="CokeException">The storage, a port or the cluster cannot be used.</exception>
    public static async Task StartAsync(IHost host, SiloSettings settings, CancellationToken cancellation)
    {
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (Exception e) when (e is not (CokeException or OperationCanceledException))
        {
            throw StartFailure.Explain(e, settings);
        }
    }

    /// <summary>The one line that says that it runs.</summary>
    public static string Ready(SiloSettings settings) =>
        $"Silo ready: gateway {new IPEndPoint(settings.Address, settings.GatewayPort)}, silo {new IPEndPoint(settings.Address, settings.SiloPort)}, "
        + $"health {(settings.Tls is null ? "http" : "https")}://{new IPEndPoint(settings.Address, settings.HttpPort)}/health, state in {settings.Storage.Place}. Ctrl-C stops it.";

    static void Configure(ISiloBuilder silo, SiloSettings settings, Failpoints? failpoints)
    {
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = settings.Address;
            (endpoint.SiloPort, endpoint.GatewayPort) = (settings.SiloPort, settings.GatewayPort);
            endpoint.SiloListeningEndpoint = new IPEndPoint(settings.Listen, settings.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(settings.Listen, settings.GatewayPort);
        });
        silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = settings.Cluster);
        var guard = new ConnectionGuard(settings.Token, settings.Tls);
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(builder => guard.GuardIncoming(builder, Purpose.Silo));
            connections.ConfigureSiloOutboundConnection(builder => guard.GuardOutgoing(builder, Purpose.Silo));
            connections.ConfigureGatewayInboundConnection(builder => guard.GuardIncoming(builder, Purpose.Gateway));
        });
        if (failpoints is not null) silo.Services.AddSingleton(failpoints);
        silo.AddCoke();
        if (settings.CheckpointInterval is { } interval) silo.Services.Configure<SequencerOptions>(options => options.CheckpointInterval = interval);
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
