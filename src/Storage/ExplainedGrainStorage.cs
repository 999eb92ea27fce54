using CoKe.Abstractions.Storage;
using Orleans.Storage;

namespace CoKe.Storage;

/// <summary>Orleans' provider, which says what the database's errors mean and tells the silo's health.</summary>
/// <param name="rows">The provider.</param>
/// <param name="explain">What an error of the database means; null: it is none.</param>
/// <param name="health">Told how the last write went.</param>
sealed class ExplainedGrainStorage(IGrainStorage rows, Func<Exception, StorageFailedException?> explain, StorageHealth health)
    : IGrainStorage
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
        catch (Exception exception) when (explain(exception) is { } explained)
        {
            health.Report(explained.Message);
            throw explained;
        }
    }
}
