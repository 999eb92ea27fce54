using CoKe.Abstractions;
using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Serialization;
using CoKe.Access;
using CoKe.Client.Gateways;
using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace CoKe.Client;

/// <summary>A client of Orleans in a host of its own, connected to silos by their gateways.</summary>
sealed class SiloConnection : IAsyncDisposable
{
    readonly IHost _host;
    readonly GatewayPulse _pulse;
    readonly string _name;

    SiloConnection(IHost host, CokeConnection connection)
    {
        (_host, _name) = (host, $"{string.Join(", ", connection.Gateways)} (cluster '{connection.Cluster}')");
        Client = host.Services.GetRequiredService<IClusterClient>();
        _pulse = new GatewayPulse(Client);
    }

    /// <summary>The client; it ends with this object.</summary>
    public IClusterClient Client { get; }

    /// <summary>Connects.</summary>
    /// <param name="connection">Where to, and what is proved there.</param>
    /// <param name="cancellation">Gives up connecting.</param>
    /// <exception cref="SiloUnreachableException">No gateway answered in 8 s.</exception>
    /// <exception cref="InvalidOptionsException">No gateway's host is known.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; it carries that token.</exception>
    public static async Task<SiloConnection> OpenAsync(CokeConnection connection, CancellationToken cancellation)
    {
        var gateways = new NamedGateways(connection.Gateways, GatewayTimes.LeftAlone);
        if (connection.KnockFor is { } patience && !await GatewayKnock.IsHeardAsync(gateways, patience, cancellation))
            throw new SiloUnreachableException(connection, new TimeoutException("Nobody listens there."));
        var refusals = new GatewayRefusals(gateways);
        var host = BuildHost(connection, gateways, refusals);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        giveUp.CancelAfter(GatewayTimes.Connect);
        var start = host.StartAsync(giveUp.Token);
        try
        {
            // Orleans would ask for minutes again and again.
            if (await Task.WhenAny(start, refusals.ByAll).WaitAsync(giveUp.Token) != start)
                throw await refusals.ByAll;
            await start;
            if (!host.Services.GetRequiredService<LastKnownGrains>().AreKnown)
                throw new SiloUnreachableException(
                    connection,
                    new InvalidOperationException("The only silo that answered was about to stop.")
                );
            return new SiloConnection(host, connection);
        }
        catch (Exception e)
        {
            await giveUp.CancelAsync();
            _ = start.ContinueWith(_ => host.Dispose(), TaskScheduler.Default);
            cancellation.ThrowIfCancellationRequested(); // whatever else it ended in
            if (e is CokeException)
                throw;
            if (refusals.Silence is { } silence)
                throw silence;
            throw refusals.Ending is { } ending
                ? new SiloUnreachableException(connection, ending, e)
                : new SiloUnreachableException(connection, e);
        }
    }

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pulse.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    static IHost BuildHost(CokeConnection connection, NamedGateways gateways, GatewayRefusals refusals)
    {
        var guard = new ConnectionGuard(connection.Token, connection.Tls, refusals.Add);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        GuestLifetime.AddTo(builder.Services);
        builder.UseOrleansClient(client =>
        {
            client.Services.AddSingleton<IGatewayListProvider>(gateways);
            client.Configure<GatewayOptions>(list => list.GatewayListRefreshPeriod = GatewayTimes.Refresh);
            // Also how long a start waits after a dead gateway.
            client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = GatewayTimes.Refresh);
            client.AddOutgoingGrainCallFilter<RetryUnsentCalls>();
            if (connection.Token is { } token)
                client.AddOutgoingGrainCallFilter(new ProvenCalls(token)); // inside: each try has its own
            client.Configure<ClusterOptions>(cluster => cluster.ClusterId = connection.Cluster);
            client.Configure<ClientConnectionOptions>(connections =>
                connections.ConfigureConnection(guarded =>
                {
                    new SilenceWatch(TimeProvider.System).Watch(guarded);
                    guard.GuardOutgoing(guarded, Purpose.Gateway);
                    refusals.Watch(guarded);
                    NestingGuard.AddTo(guarded);
                })
            );
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
            LastKnownGrains.AddTo(client.Services);
            client.Services.AddSingleton<GatewayWatch>();
            client.Services.AddSingleton<IClusterConnectionStatusObserver>(services => services.GetRequiredService<GatewayWatch>());
        });
        return builder.Build();
    }
}
