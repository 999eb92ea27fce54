using System.Net;
using System.Net.Sockets;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using CoKe.Silo.Http;
using CoKe.Silo.Settings;
using CoKe.Storage;
using Orleans.Configuration;
using Orleans.Hosting;

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
    /// <exception cref="CokeException">The storage or a port cannot be used.</exception>
    public static async Task StartAsync(IHost host, SiloSettings settings, CancellationToken cancellation)
    {
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (Exception e) when (Cause<SocketException>(e) is { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied } cause)
        {
            throw new InvalidOptionsException("port", $"{settings.SiloPort}",
                $"One of silo port {settings.SiloPort}, gateway port {settings.GatewayPort} and HTTP port {settings.HttpPort} cannot be listened on at {settings.Listen}: {cause.Message.TrimEnd('.')}. "
                + "Stop whoever uses it, or give others by --silo-port, --gateway-port and --http-port.", e);
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
            default:
                throw new NotSupportedException($"Storage {settings.Storage.Place} is not available yet.");
        }
    }

    static T? Cause<T>(Exception? e) where T : Exception => e is null or T ? e as T : Cause<T>(e.InnerException);
}
