using System.Net;
using System.Net.Sockets;
using CoKe.Abstractions.Storage;
using CoKe.Storage.Postgres;
using CoKe.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace CoKe.Storage.Tests;

/// <summary>A silo that hosts nothing but a storage, which the tests call as a grain would.</summary>
sealed class StorageSilo(IHost host) : IAsyncDisposable
{
    public const string State = "state";

    public IGrainStorage Storage { get; } = host.Services.GetRequiredKeyedService<IGrainStorage>(CokeStorage.Name);

    public IServiceProvider Services => host.Services;

    public StorageHealth Health => host.Services.GetRequiredService<StorageHealth>();

    /// <param name="path">The database file; null: memory.</param>
    /// <param name="maxBytes">Its limit.</param>
    /// <param name="clusterId">The name of the cluster, and of its service.</param>
    public static Task<StorageSilo> StartAsync(string? path, long? maxBytes = null, string clusterId = "test") =>
        StartAsync(
            (silo, siloPort, gatewayPort) =>
            {
                silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: clusterId, clusterId: clusterId);
                if (path is null)
                    silo.UseMemory();
                else
                    silo.UseSqlite(new SqliteOptions { Path = path, MaxBytes = maxBytes });
            }
        );

    /// <param name="connectionString">The PostgreSQL database.</param>
    /// <param name="clusterId">The name of the cluster, and of its service.</param>
    /// <param name="configure">Its further settings.</param>
    /// <param name="ports">Silo port and gateway port; null: free ones.</param>
    public static Task<StorageSilo> StartOnPostgresAsync(
        string connectionString,
        string clusterId = "test",
        Action<ISiloBuilder>? configure = null,
        (int Silo, int Gateway)? ports = null
    ) =>
        StartAsync(
            (silo, siloPort, gatewayPort) =>
            {
                (siloPort, gatewayPort) = ports ?? (siloPort, gatewayPort);
                silo.ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort);
                silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (clusterId, clusterId));
                silo.UsePostgres(new PostgresOptions { ConnectionString = connectionString });
                configure?.Invoke(silo);
            }
        );

    static async Task<StorageSilo> StartAsync(Action<ISiloBuilder, int, int> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreePorts();
            configure(silo, siloPort, gatewayPort);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return new StorageSilo(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public async Task<GrainState<Row>> ReadAsync(string key, string type = "shard")
    {
        var state = new GrainState<Row>(new Row());
        await Storage.ReadStateAsync(State, GrainId.Create(type, key), state);
        return state;
    }

    public Task WriteAsync(string key, GrainState<Row> state, string type = "shard") =>
        Storage.WriteStateAsync(State, GrainId.Create(type, key), state);

    public Task ClearAsync(string key, GrainState<Row> state, string type = "shard") =>
        Storage.ClearStateAsync(State, GrainId.Create(type, key), state);

    public async Task<GrainState<Row>> WriteNewAsync(string key, byte[] payload, string type = "shard")
    {
        var state = new GrainState<Row>(new Row { Payload = payload });
        await WriteAsync(key, state, type);
        return state;
    }

    /// <summary>Has it end at once, as one that is held for dead: to take leave in order it would wait for a database that it has
    /// lost.</summary>
    public bool EndsAtOnce { get; set; }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await host.StopAsync(new CancellationToken(EndsAtOnce));
        }
        catch (OperationCanceledException) when (EndsAtOnce) { }

        host.Dispose();
    }

    public static (int First, int Second) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0),
            second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
