using CoKe.Abstractions.Storage;
using CoKe.Access;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Grains.Hosting;
using CoKe.Settings;
using CoKe.Storage;
using CoKe.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace CoKe.Cli.CommandLine;

/// <summary>The silo a command talks to: a running one, or one inside this process.</summary>
sealed class Connection : IAsyncDisposable
{
    readonly EmbeddedSilo? _silo;

    Connection(CokeClient client, EmbeddedSilo? silo) => (Client, _silo) = (client, silo);

    /// <summary>The client.</summary>
    public CokeClient Client { get; }

    /// <summary>Connects to gateways, or starts a silo.</summary>
    /// <param name="choice">What the command line asks for.</param>
    /// <param name="need">What the command needs.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOptionsException">A gateway cannot be understood, or options contradict each other.</exception>
    /// <exception cref="SiloUnreachableException">No silo answers.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    /// <exception cref="StorageRefusedException">The database cannot be used.</exception>
    public static async Task<Connection> OpenAsync(SiloChoice choice, SiloNeed need, CancellationToken cancellation)
    {
        choice.Validate();
        if (choice.IsEmbedded(need))
        {
            var storage = choice.Storage(need);
            var silo = await EmbeddedSilo.StartAsync(builder => Configure(builder, storage, need), cancellation);
            return new Connection(new CokeClient(silo.Client), silo);
        }

        return new Connection(
            await CokeClient.ConnectAsync(GatewaySettings.Read(choice.Given, Environment.GetEnvironmentVariable), cancellation),
            null
        );
    }

    /// <summary>Ends the connection, and the silo if it is inside this process.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_silo is not null)
            await _silo.DisposeAsync();
    }

    static void Configure(ISiloBuilder silo, SqliteOptions? storage, SiloNeed need)
    {
        if (storage is null)
            silo.UseMemory();
        else
            silo.UseSqlite(storage);

        // Who only asks is told of a run's trouble in the answer.
        if (need == SiloNeed.ExistingRuns)
            silo.Services.Configure<LoggerFilterOptions>(log => log.AddFilter("CoKe", LogLevel.None));
    }
}
