using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace CoKe.Storage.Postgres;

/// <summary>Has silos keep their state and find each other in one PostgreSQL database.</summary>
public static class PostgresBuilderExtensions
{
    const string Rows = "postgres"; // Orleans' provider, behind ours
    const string Npgsql = "Npgsql"; // Orleans' word for it

    /// <summary>Keeps state in PostgreSQL, by Orleans' AdoNet provider and its binary serializer, and the cluster's membership beside
    /// it.</summary>
    /// <remarks>
    /// <para>The schema <c>coke</c> is created or migrated before anything of the host starts: <see cref="StorageRefusedException"/>. Later
    /// a call that fails throws <see cref="StorageFailedException"/> (<see cref="StorageTrouble.Describe"/>), and
    /// <see cref="StorageHealth"/> says so until a write succeeds again; it also says so when the database goes away while nothing is
    /// stored.</para>
    /// <para>Rows, ETags and clearing are as with <see cref="Sqlite.SqliteSiloBuilderExtensions.UseSqlite"/>. The cluster is the silo's
    /// <see cref="ClusterOptions.ClusterId"/>; a database serves one cluster.</para>
    /// </remarks>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">The connection string cannot be read.</exception>
    public static ISiloBuilder UsePostgres(this ISiloBuilder builder, PostgresOptions options)
    {
        options.Validate();
        builder.Services.AddSingleton(services => new PostgresDatabase(options, time: services.GetService<TimeProvider>()));
        builder.Services.AddSingleton(services => new DatabaseReach(services.GetService<TimeProvider>() ?? TimeProvider.System));
        builder.Services.TryAddSingleton<GatewayDoor>();
        builder.Services.AddHostedService<PostgresHost>();
        builder.AddRows<PostgresDatabase>(
            Rows,
            Npgsql,
            database => database.OrleansRows,
            (database, exception) => database.Explain(exception),
            rows => new LimitedGrainStorage(rows, PostgresDatabase.RowsAtOnce)
        );
        builder.Services.AddSingleton<IClusterSizeTable, PostgresSizeTable>();
        builder.Services.AddSingleton<IStorageSize, PostgresSize>();
        builder.AddGrainService<DatabaseWitness>();
        // That it starts and stops is no news.
        builder.Services.Configure<LoggerFilterOptions>(filter => filter.AddFilter(typeof(DatabaseWitness).FullName, LogLevel.Warning));
        builder.Services.AddSingleton<DatabaseWitnesses>();
        builder.UseAdoNetClustering(clustering =>
            clustering.Configure<PostgresDatabase>(
                (table, database) =>
                {
                    table.Invariant = Npgsql;
                    table.DataSource = database.OrleansMembership;
                }
            )
        );
        return builder;
    }
}
