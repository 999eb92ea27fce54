using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Storage.Sqlite;

/// <summary>Has a silo keep what its grains store under <see cref="CokeStorage.Name"/> in a file.</summary>
public static class SqliteSiloBuilderExtensions
{
    const string Rows = "sqlite"; // Orleans' provider, behind ours

    /// <summary>Keeps state in one SQLite file, by Orleans' AdoNet provider and its binary serializer. For a single silo.</summary>
    /// <remarks>
    /// <para>The file is locked, created or migrated before anything of the host starts: <see cref="StorageRefusedException"/>. Later a
    /// call that fails throws <see cref="StorageFailedException"/> (<see cref="StorageTrouble.Describe"/>), and <see cref="StorageHealth"/>
    /// says so until a write succeeds again.</para>
    /// <para>A row belongs to (service, state name, grain key, two hashes). The service is <see cref="CokeStorage.ServiceId"/>. The state
    /// name is what a grain gives to its storage. Orleans splits the key: a Guid in two numbers, hexadecimal digits as one number, other
    /// text as it is. The hashes, 32 bits each, are of the key and of the state name, both together with the grain's type and the exact
    /// text of its key: see <c>ExactKeyHasher</c>.</para>
    /// <para>The ETag is the row's version, 1 for the first write. A write needs the version it read; none, if there is no row. Clearing
    /// keeps the row and raises its version.</para>
    /// <para>A row whose bytes cannot be read any more comes out empty, which its owner must tell by a checksum.</para>
    /// </remarks>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">An option is out of range.</exception>
    public static ISiloBuilder UseSqlite(this ISiloBuilder builder, SqliteOptions options)
    {
        options.Validate();
        builder.Services.AddSingleton(_ => new SqliteFile(options));
        builder.Services.AddHostedService<SqliteHost>();
        builder.Services.AddSingleton<IStorageSize, SqliteSize>();
        // Orleans' word for Microsoft.Data.Sqlite.
        builder.AddRows<SqliteFile>(Rows, "System.Data.SQLite", file => file.Rows, (file, exception) => file.Explain(exception));
        return builder;
    }
}
