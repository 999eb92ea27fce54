using Orleans.Storage;

namespace CoKe.Storage.Postgres;

/// <summary>
/// Lets only so many calls at once through to a provider. A checkpoint stores more rows at once than a silo should hold connections, and to
/// wait for one in the pool would be an error after a while.
/// </summary>
sealed class LimitedGrainStorage(IGrainStorage rows, int atOnce) : IGrainStorage
{
    readonly SemaphoreSlim _room = new(atOnce);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        InTurnAsync(() => rows.ReadStateAsync(stateName, grainId, grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        InTurnAsync(() => rows.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        InTurnAsync(() => rows.ClearStateAsync(stateName, grainId, grainState));

    async Task InTurnAsync(Func<Task> operation)
    {
        await _room.WaitAsync();
        try
        {
            await operation();
        }
        finally
        {
            _room.Release();
        }
    }
}
