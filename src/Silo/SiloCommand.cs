using System.CommandLine;
using System.Net;
using CoKe.Abstractions.Storage;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
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
        var interval = new Option<int?>("--checkpoint-interval")
        {
            Description = "Mini-batches between two checkpoints; a silo that dies computes at most twice as many again. None: 80.",
            HelpName = "STEPS",
        };
        var root = new RootCommand("Hosts CoKe clustering on loopback. Stop it with Ctrl-C; started again, it goes on.")
        {
            siloPort, gatewayPort, httpPort, primary, data, limit, memory, interval,
        };
        root.SetAction((parse, cancellation) => RunAsync(
            new SiloSettings(
                parse.GetValue(siloPort), parse.GetValue(gatewayPort), parse.GetValue(httpPort), parse.GetValue(primary),
                parse.GetValue(memory) ? null : new SqliteOptions { Path = CokeStorage.FileAt(parse.GetValue(data)!), MaxBytes = (long?)(parse.GetValue(limit) * 1e6) },
                parse.GetValue(interval)),
            cancellation));
        return root;
    }

    static async Task<int> RunAsync(SiloSettings settings, CancellationToken cancellation)
    {
        try
        {
            // Grains move between silos and must find their rows: a file of each silo's own would lose them.
            if (settings is { PrimaryPort: { } primary, File: not null })
                throw new InvalidOptionsException("primary-port", $"{primary}", "A database file serves one silo alone: start this silo and the first one with --memory, or leave out --primary-port.");
            await using var app = Build(settings, DeadlyFailpoint.Of(Environment.GetEnvironmentVariable(DeadlyFailpoint.Variable)));
            await app.StartAsync(cancellation);
            Console.WriteLine($"Silo ready: gateway 127.0.0.1:{settings.GatewayPort}, silo 127.0.0.1:{settings.SiloPort}, health http://127.0.0.1:{settings.HttpPort}/health, "
                + $"state in {(settings.File is null ? "memory" : settings.File.Path)}. Ctrl-C stops it.");
            await app.WaitForShutdownAsync(cancellation);
            return 0;
        }
        catch (CokeException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    static WebApplication Build(SiloSettings settings, Failpoints? failpoints)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that failed throws
        builder.WebHost.UseUrls($"http://127.0.0.1:{settings.HttpPort}");
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, settings.PrimaryPort is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            if (failpoints is not null) silo.Services.AddSingleton(failpoints);
            silo.AddCoke();
            if (settings.CheckpointInterval is { } interval) silo.Services.Configure<SequencerOptions>(options => options.CheckpointInterval = interval);
            if (settings.File is { } file) silo.UseSqlite(file);
            else silo.UseMemory();
        });
        var app = builder.Build();
        app.MapGet("/health", Readiness.Answer);
        return app;
    }
}
