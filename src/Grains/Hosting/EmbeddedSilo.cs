using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Access.Quotas;
using CoKe.Files;
using CoKe.Grains.Rights;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CoKe.Grains.Hosting;

/// <summary>
/// A silo inside this process, for one person on one machine: nothing to start, nothing to configure. It listens on loopback only, and
/// takes none but those who know its token, which it draws anew at every start: loopback belongs to every user of a machine. Ctrl-C and
/// SIGTERM stay the program's.
/// </summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    readonly IHost _host;
    readonly LogGate _log;
    readonly string _secret;

    EmbeddedSilo(IHost host, LogGate log, AccessToken token, string secret) => (_host, _log, Token, _secret) = (host, log, token, secret);

    /// <summary>A client of the silo; calls stay in the process and messages pass by reference.</summary>
    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Where other processes of this machine reach it.</summary>
    public IPEndPoint Gateway => _host.Services.GetRequiredService<ILocalSiloDetails>().GatewayAddress!.Endpoint;

    /// <summary>The name of the cluster that it is alone in.</summary>
    public string Cluster => _host.Services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;

    /// <summary>What other processes prove to it.</summary>
    public AccessToken Token { get; }

    /// <summary>Writes the token into a file that only this user may read, in place of any that is there: of a silo that is gone.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public void WriteToken(string path)
    {
        File.Delete(path);
        PrivateFiles.WriteNew(path, _secret);
    }

    /// <summary>Starts a silo on free ports.</summary>
    /// <param name="configure">Further settings of the silo.</param>
    /// <param name="cancellation">Gives up starting.</param>
    public static async Task<EmbeddedSilo> StartAsync(Action<ISiloBuilder>? configure = null, CancellationToken cancellation = default)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var log = new LogGate();
        var token = AccessToken.Random(out var secret);
        VisibleLogLines.AddTo(builder.Logging, LogLevel.Trace);
        builder
            .Logging.AddFilter(level => log.Allows(level, LogLevel.Warning))
            .AddFilter("Orleans", level => log.Allows(level, LogLevel.Error))
            .AddFilter("Orleans.Streams", LogLevel.Critical) // a busy machine is late now and then, and the queue is read again
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that failed throws
        GuestLifetime.AddTo(builder.Services);
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreePorts();
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            Guard(silo, token);
            silo.LimitConnections(ConnectionLimits.Of(FileLimit.Current));
            silo.AddCoke();
            configure?.Invoke(silo);
        });
        var silo = new EmbeddedSilo(builder.Build(), log, token, secret);
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
        _log.IsOver = true;
        await _host.StopAsync();
        await ReleaseAsync();
    }

    async ValueTask ReleaseAsync()
    {
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            _host.Dispose();
    }

    // No other silo has the secret that this one draws, so nobody passes the silo port.
    static void Guard(ISiloBuilder silo, AccessToken token)
    {
        var alone = new ClusterSecret(RandomNumberGenerator.GetBytes(ClusterSecret.Length)); // given: its database need not share one
        var (clients, silos) = (new ConnectionGuard(token, null), new ConnectionGuard(SiloAccess.Of(alone), null));
        silo.Services.AddSingleton(alone);
        silo.Services.AddSingleton(new ClientKeys { Administer = token.CallKey });
        silo.GuardPorts(clients, silos);
    }

    // Both are held at once: one after the other could be the same port.
    static (int First, int Second) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0),
            second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    /// <summary>A silo that stops amid a run cuts off its grains' calls. They say so, one after the other, and it means nothing: all of it
    /// is stored.</summary>
    sealed class LogGate
    {
        public volatile bool IsOver;

        public bool Allows(LogLevel level, LogLevel least) => level >= least && !IsOver;
    }
}
