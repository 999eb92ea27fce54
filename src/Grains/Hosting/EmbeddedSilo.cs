using System.Net;
using System.Net.Sockets;
using CoKe.Abstractions.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace CoKe.Grains.Hosting;

/// <summary>A silo inside this process, for one person on one machine: nothing to start, nothing to configure. It listens on loopback only, and leaves Ctrl-C and SIGTERM to the program.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    readonly IHost _host;
    readonly Talk _talk;

    EmbeddedSilo(IHost host, Talk talk) => (_host, _talk) = (host, talk);

    /// <summary>A client of the silo; calls stay in the process and messages pass by reference.</summary>
    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Where other processes of this machine reach it.</summary>
    public IPEndPoint Gateway => _host.Services.GetRequiredService<ILocalSiloDetails>().GatewayAddress!.Endpoint;

    /// <summary>The name of the cluster that it is alone in.</summary>
    public string Cluster => _host.Services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;

    /// <summary>Starts a silo on free ports.</summary>
    /// <param name="configure">Further settings of the silo.</param>
    /// <param name="cancellation">Gives up starting.</param>
    public static async Task<EmbeddedSilo> StartAsync(Action<ISiloBuilder>? configure = null, CancellationToken cancellation = default)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var talk = new Talk();
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddFilter(level => talk.Allows(level, LogLevel.Warning)).AddFilter("Orleans", level => talk.Allows(level, LogLevel.Error))
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that failed throws
        GuestLifetime.AddTo(builder.Services);
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreePorts();
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            silo.AddCoke();
            configure?.Invoke(silo);
        });
        var silo = new EmbeddedSilo(builder.Build(), talk);
        try
        {
            await silo._host.StartAsync(cancellation);
            return silo;
        }
        catch
        {
            await silo.ReleaseAsync(); // it never ran, so it cannot be stopped
            throw;
        }
    }

    /// <summary>Stops the silo.</summary>
    public async ValueTask DisposeAsync()
    {
        _talk.IsOver = true;
        await _host.StopAsync();
        await ReleaseAsync();
    }

    async ValueTask ReleaseAsync()
    {
        if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else _host.Dispose();
    }

    // Both are held at once: one after the other could be the same port.
    static (int First, int Second) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    /// <summary>A silo that stops amid a run cuts off its grains' calls. They say so, one after the other, and it means nothing: all of it is stored.</summary>
    sealed class Talk
    {
        public volatile bool IsOver;

        public bool Allows(LogLevel level, LogLevel least) => level >= least && !IsOver;
    }
}
