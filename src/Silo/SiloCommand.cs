using System.CommandLine;
using System.Net;
using CoKe.Abstractions.Storage;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Storage;
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
        var data = new Option<string>("--data")
        {
            Description = "The database file, or a folder for it; one silo per file.",
            HelpName = "DIR|FILE",
            DefaultValueFactory = _ => CokeStorage.DefaultPath,
        };
        var limit = new Option<double?>("--data-limit") { Description = "The most the database file may grow to, MB; none: as far as the disk goes.", HelpName = "MB" };
        var memory = new Option<bool>("--memory") { Description = "Keep nothing: state lives and dies with the silo." };
        var root = new RootCommand("Hosts CoKe clustering on loopback. Stop it with Ctrl-C; started again, it goes on.")
        {
            siloPort, gatewayPort, httpPort, primary, data, limit, memory,
        };
        root.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(siloPort), parse.GetValue(gatewayPort), parse.GetValue(httpPort), parse.GetValue(primary),
            parse.GetValue(memory) ? null : new SqliteOptions { Path = CokeStorage.FileAt(parse.GetValue(data)!), MaxBytes = (long?)(parse.GetValue(limit) * 1e6) },
            cancellation));
        return root;
    }

    static async Task<int> RunAsync(int siloPort, int gatewayPort, int httpPort, int? primaryPort, SqliteOptions? file, CancellationToken cancellation)
    {
        try
        {
            // Grains move between silos and must find their rows: a file of each silo's own would lose them.
            if (primaryPort is not null && file is not null)
                throw new InvalidOptionsException("primary-port", $"{primaryPort}", "A database file serves one silo alone: start this silo and the first one with --memory, or leave out --primary-port.");
            await using var app = Build(siloPort, gatewayPort, httpPort, primaryPort, file);
            await app.StartAsync(cancellation);
            Console.WriteLine($"Silo ready: gateway 127.0.0.1:{gatewayPort}, silo 127.0.0.1:{siloPort}, health http://127.0.0.1:{httpPort}/health, "
                + $"state in {(file is null ? "memory" : file.Path)}. Ctrl-C stops it.");
            await app.WaitForShutdownAsync(cancellation);
            return 0;
        }
        catch (CokeException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    static WebApplication Build(int siloPort, int gatewayPort, int httpPort, int? primaryPort, SqliteOptions? file)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that failed throws
        builder.WebHost.UseUrls($"http://127.0.0.1:{httpPort}");
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, primaryPort is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            silo.AddCoke();
            if (file is null) silo.UseMemory();
            else silo.UseSqlite(file);
        });
        var app = builder.Build();
        app.MapGet("/health", (StorageHealth storage) => storage.Current is { } trouble ? Results.Text(trouble, statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready"));
        return app;
    }
}
