using CoKe.Abstractions.Storage;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace CoKe.Storage.Sqlite;

/// <summary>Orleans' provider, which says what SQLite's errors mean and tells the silo's health.</summary>
sealed class SqliteGrainStorage(IGrainStorage rows, SqliteFile file, StorageHealth health) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ExplainedAsync(rows.ReadStateAsync(stateName, grainId, grainState));

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await ExplainedAsync(rows.WriteStateAsync(stateName, grainId, grainState));
        health.Report(null);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ExplainedAsync(rows.ClearStateAsync(stateName, grainId, grainState));

    async Task ExplainedAsync(Task operation)
    {
        try
        {
            await operation;
        }
        catch (SqliteException exception)
        {
            var explained = file.Explain(exception);
            health.Report(explained.Message);
            throw explained;
        }
    }
}
