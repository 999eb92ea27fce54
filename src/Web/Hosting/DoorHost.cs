using System.Net;
using System.Security.Cryptography.X509Certificates;
using CoKe.Access.Quotas;
using CoKe.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CoKe.Web.Hosting;

/// <summary>A door of its own for silos that have none, such as one inside a program: on a port of this process, before any client of the
/// silos.</summary>
public sealed class DoorHost : IAsyncDisposable
{
    readonly IHost _host;

    DoorHost(IHost host) => _host = host;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Opens the door.</summary>
    /// <param name="client">A client of the silos, which outlives the door.</param>
    /// <param name="place">Where to listen; port 0: any that is free.</param>
    /// <param name="options">Whom it lets in. On another address than loopback it needs a token.</param>
    /// <param name="certificate">With its key: the door speaks HTTPS. Null: HTTP, which shows the token to who listens.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">The address is open to others and no token is asked for.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<DoorHost> StartAsync(
        IClusterClient client,
        IPEndPoint place,
        DoorOptions options,
        X509Certificate2? certificate = null,
        CancellationToken cancellation = default
    )
    {
        options = options with { IsOnLoopback = IPAddress.IsLoopback(place.Address) };
        if (!options.IsOnLoopback && options.Token is null)
            throw new Errors.InvalidOptionsException(
                "token",
                "none",
                $"A door on {place.Address} is open to everybody: give a token, or listen on loopback."
            );
        var host = new HostBuilder()
            .ConfigureLogging(log => log.AddConsole().SetMinimumLevel(LogLevel.Error).AddFilter("CoKe", LogLevel.Warning))
            .ConfigureWebHost(
                web =>
                {
                    web.UseKestrel(kestrel =>
                    {
                        DoorLimits.Apply(kestrel.Limits);
                        kestrel.Limits.MaxConcurrentConnections = ConnectionLimits.Of(FileLimit.Current).Http.Connections;
                        kestrel.Listen(place, port =>
                        {
                            if (certificate is not null)
                                port.UseHttps(certificate);
                        });
                    });
                    web.ConfigureServices(services => AddTo(services, client, options));
                    web.Configure(app =>
                    {
                        app.UseRouting();
                        app.UseDoor();
                        app.UseEndpoints(pages => pages.MapDoor());
                    });
                },
                web => web.SuppressEnvironmentConfiguration = true
            )
            .Build();
        try
        {
            await host.StartAsync(cancellation);
            return new DoorHost(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>Where it listens.</summary>
    public override string ToString() => $"door at {Address}";

    static void AddTo(IServiceCollection services, IClusterClient client, DoorOptions options)
    {
        services.AddSingleton(client);
        services.AddSingleton<IGrainFactory>(client);
        services.AddSingleton(client.ServiceProvider.GetRequiredService<QueueProducer>());
        services.AddSingleton(client.ServiceProvider.GetRequiredService<IOptions<QueueStreamOptions>>());
        services.AddDoor(options);
    }
}
