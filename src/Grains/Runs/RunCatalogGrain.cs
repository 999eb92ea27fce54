using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Runs;

/// <summary>The names of all runs.</summary>
sealed class RunCatalog(ActorWorld world)
{
    readonly DurableRow _row = new(world.Storage, Rows.Record, Rows.Catalog);
    string[] _names = [];
    long _version;

    public Task AddAsync(string name) => ChangeAsync(names => names.Add(name));

    public Task RemoveAsync(string name) => ChangeAsync(names => names.Remove(name));

    public async Task<IReadOnlyList<string>> ListAsync()
    {
        await LoadAsync();
        return _names;
    }

    async Task ChangeAsync(Func<SortedSet<string>, bool> change)
    {
        await LoadAsync();
        var names = new SortedSet<string>(_names, StringComparer.Ordinal);
        if (!change(names))
            return;
        string[] next = [.. names];
        await _row.WriteAsync(0, _version + 1, world.Serializer.SerializeToArray(next));
        (_names, _version) = (next, _version + 1);
    }

    async Task LoadAsync()
    {
        var row = await _row.ReadSoundAsync();
        (_names, _version) = row is null ? ([], 0) : (_row.Content<string[]>(row, world.Serializer), row.Step);
    }
}

/// <summary>Hosts the one <see cref="RunCatalog"/>.</summary>
[GrainType("runs")]
sealed class RunCatalogGrain(ActorWorld world) : Grain, IRunCatalogGrain
{
    readonly RunCatalog _catalog = new(world);

    public Task AddAsync(string name) => _catalog.AddAsync(name);

    public Task RemoveAsync(string name) => _catalog.RemoveAsync(name);

    public Task<IReadOnlyList<string>> ListAsync() => _catalog.ListAsync();
}
