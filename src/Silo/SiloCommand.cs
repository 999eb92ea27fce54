using System.CommandLine;
using System.Net;
using CoKe.Grains.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;

namespace CoKe.Silo;

/// <summary>The silo as a process of its own: clustering without libtorch, reached by trainers and by <c>coke</c>.</summary>
internal static class SiloCommand
{
    public static RootCommand Create()
    {
        var siloPort = new Option<int>("--silo-port") { Description = "Port other silos reach this one by.", DefaultValueFactory = _ => 11_111 };
        var gatewayPort = new Option<int>("--gateway-port") { Description = "Port trainers and coke connect to.", DefaultValueFactory = _ => 30_000 };
        var httpPort = new Option<int>("--http-port") { Description = "Port of the health page.", DefaultValueFactory = _ => 8_080 };
        var primary = new Option<int?>("--primary-port") { Description = "Silo port of the first silo on this machine; none: this is the first." };
        var root = new RootCommand("Hosts CoKe clustering on loopback, state in memory. Stop it with Ctrl-C.") { siloPort, gatewayPort, httpPort, primary };
        root.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(siloPort), parse.GetValue(gatewayPort), parse.GetValue(httpPort), parse.GetValue(primary), cancellation));
        return root;
    }

    static async Task<int> RunAsync(int siloPort, int gatewayPort, int httpPort, int? primaryPort, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning);
        builder.WebHost.UseUrls($"http://127.0.0.1:{httpPort}");
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, primaryPort is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            silo.AddCoke();
        });
        var app = builder.Build();
        app.MapGet("/health", () => Results.Text("ready"));
        await app.StartAsync(cancellation);
        Console.WriteLine($"Silo ready: gateway 127.0.0.1:{gatewayPort}, silo 127.0.0.1:{siloPort}, health http://127.0.0.1:{httpPort}/health. Ctrl-C stops it.");
        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }
}
