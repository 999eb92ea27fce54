using System.Diagnostics;
using System.Net;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Grains.Hosting;
using CoKe.Grains.Rights;
using CoKe.Grains.Sequencing;
using CoKe.Storage;
using CoKe.Storage.Postgres;
using CoKe.Storage.Sqlite;
using CoKe.Streams;
using CoKe.Web;
using CoKe.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Streams;

namespace CoKe.Benchmarks;

/// <summary>A silo in a process of its own on loopback, and a client of it in this one.</summary>
sealed class SiloProcess : IAsyncDisposable
{
    /// <summary>Orleans' built-in provider, the peer of the stream benchmark.</summary>
    public const string MemoryStreams = "memory";

    const string PostgresVariable = "COKE_BENCHMARK_POSTGRES";
    const int SiloPort = 21_111,
        GatewayPort = 21_300,
        DoorPort = 21_080;

    /// <summary>Its door.</summary>
    public static Uri Door { get; } = new($"http://127.0.0.1:{DoorPort}");

    // Of a silo on loopback that lives as long as a benchmark.
    static readonly byte[] s_secret = [.. Enumerable.Repeat((byte)7, 32)];

    readonly Process _process;
    readonly IHost _client;

    SiloProcess(Process process, IHost client) => (_process, _client) = (process, client);

    public IClusterClient Client => _client.Services.GetRequiredService<IClusterClient>();

    /// <summary>CPU time the silo has used.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a silo.</summary>
    /// <param name="file">Its database; null: state in memory.</param>
    /// <param name="interval">Steps between checkpoints; null: the default.</param>
    /// <param name="postgres">Connection string of its database, instead of a file.</param>
    public static async Task<SiloProcess> StartAsync(string? file = null, int? interval = null, string? postgres = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(SiloProcess).Assembly.Location);
        start.ArgumentList.Add("silo");
        if (file is not null)
            foreach (var argument in new[] { "--data", file })
                start.ArgumentList.Add(argument);
        if (interval is not null)
            foreach (var argument in new[] { "--interval", $"{interval}" })
                start.ArgumentList.Add(argument);
        if (postgres is not null)
            start.Environment[PostgresVariable] = postgres; // it holds a password
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "ready") { }

        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, GatewayPort));
            client.AddEmbeddingStreams();
            client.AddMemoryStreams<DefaultMemoryMessageBodySerializer>(MemoryStreams, streams =>
                streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly)
            );
            client.Services.AddCokeExceptions();
            // Orleans' own streams, the peer, are for silos alone.
            client.AddOutgoingGrainCallFilter(call =>
            {
                CallCredential.Attach(new ClusterSecret(s_secret).KeyFor(CallKeys.Purpose));
                return call.Invoke();
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return new SiloProcess(process, host);
    }

    /// <summary>The child's side.</summary>
    public static async Task HostAsync(string? file, int? interval, CancellationToken cancellation)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(SiloPort, GatewayPort);
            silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
            silo.AddCoke();
            silo.Services.AddSingleton(new ClusterSecret(s_secret));
            silo.Services.RemoveAll<AdmitMessage>(); // what the stream benchmark sends is no run's
            if (Environment.GetEnvironmentVariable(PostgresVariable) is { } postgres)
                silo.UsePostgres(new PostgresOptions { ConnectionString = postgres });
            if (file is not null)
                silo.UseSqlite(new SqliteOptions { Path = file });
            if (interval is { } steps)
                silo.Configure<SequencerOptions>(sequencer => sequencer.CheckpointInterval = steps);
            silo.AddMemoryStreams<DefaultMemoryMessageBodySerializer>(MemoryStreams, streams =>
            {
                streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                streams.ConfigurePullingAgent(agent => agent.Configure(o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
            });
        });
        using var host = builder.Build();
        await host.StartAsync(cancellation);
        await using var door = await DoorHost.StartAsync(
            host.Services.GetRequiredService<IClusterClient>(),
            new IPEndPoint(IPAddress.Loopback, DoorPort),
            new DoorOptions(),
            cancellation: cancellation
        );
        Console.WriteLine("ready");
        await host.WaitForShutdownAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.StopAsync();
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
