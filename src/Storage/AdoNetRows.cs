using System.Data.Common;
using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Storage;

/// <summary>Puts a database behind the storage of the grains.</summary>
static class AdoNetRows
{
    /// <summary>Adds Orleans' AdoNet provider with its binary serializer, and around it what explains errors and tells the silo's
    /// health.</summary>
    /// <typeparam name="TDatabase">The database, a service of the silo.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="name">What the provider is called behind ours.</param>
    /// <param name="invariant">Orleans' word for the database's driver.</param>
    /// <param name="source">Its connections.</param>
    /// <param name="explain">What an error of it means; null: it is none.</param>
    /// <param name="around">What stands between the provider and the explanations; null: nothing.</param>
    public static void AddRows<TDatabase>(
        this ISiloBuilder builder,
        string name,
        string invariant,
        Func<TDatabase, DbDataSource> source,
        Func<TDatabase, Exception, StorageFailedException?> explain,
        Func<IGrainStorage, IGrainStorage>? around = null
    )
        where TDatabase : class
    {
        builder.Services.TryAddSingleton<StorageHealth>();
        builder.Services.AddKeyedSingleton(
            name,
            new ClusterOptions { ServiceId = CokeStorage.ServiceId, ClusterId = CokeStorage.ServiceId }
        );
        builder.AddAdoNetGrainStorage(name, rows => rows.Configure<TDatabase, Serializer>(
                (provider, database, serializer) =>
                {
                    provider.Invariant = invariant;
                    provider.DataSource = source(database);
                    provider.GrainStorageSerializer = new RowSerializer(serializer);
                    provider.HashPicker = new ExactKeyHasher();
                }
            ));
        builder.Services.AddKeyedSingleton<IGrainStorage>(CokeStorage.Name, (services, _) =>
        {
            var (rows, database) = (services.GetRequiredKeyedService<IGrainStorage>(name), services.GetRequiredService<TDatabase>());
            return new ExplainedGrainStorage(
                around is null ? rows : around(rows),
                exception => explain(database, exception),
                services.GetRequiredService<StorageHealth>()
            );
        });
        // The provider logs every failure with its stack; the sentence in the exception says it better.
        builder.Services.Configure<LoggerFilterOptions>(filter => filter.AddFilter(typeof(AdoNetGrainStorage).FullName, LogLevel.Critical));
    }
}
