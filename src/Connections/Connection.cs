using CoKe.Access;
using CoKe.Client;
using CoKe.Grains.Hosting;
using CoKe.Storage;
using CoKe.Storage.Sqlite;

namespace CoKe.Connections;

/// <summary>The silo that a command talks to: a running one, or one inside this process. Both are used in the same way.</summary>
public sealed class Connection : IAsyncDisposable
{
    Connection(CokeClient client, EmbeddedSilo? silo) => (Client, Silo) = (client, silo);

    /// <summary>The client.</summary>
    public CokeClient Client { get; }

    /// <summary>The silo inside this process; null: running ones are meant.</summary>
    public EmbeddedSilo? Silo { get; }

    /// <summary>Starts a silo inside this process.</summary>
    /// <param name="storage">Its database; null: it keeps nothing.</param>
    /// <param name="configure">Its further settings.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CoKe.Abstractions.Storage.StorageRefusedException">The database cannot be used.</exception>
    public static async Task<Connection> EmbedAsync(SqliteOptions? storage, Action<ISiloBuilder> configure, CancellationToken cancellation)
    {
        var silo = await EmbeddedSilo.StartAsync(
            builder =>
            {
                if (storage is null)
                    builder.UseMemory();
                else
                    builder.UseSqlite(storage);
                configure(builder);
            },
            cancellation
        );
        return new Connection(new CokeClient(silo.Client), silo);
    }

    /// <summary>Connects to running silos.</summary>
    /// <exception cref="SiloUnreachableException">None answers.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    public static async Task<Connection> ConnectAsync(CokeConnection silos, CancellationToken cancellation) =>
        new(await CokeClient.ConnectAsync(silos, cancellation), null);

    /// <summary>Ends the connection, and the silo if it is inside this process.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (Silo is not null)
            await Silo.DisposeAsync();
    }
}
