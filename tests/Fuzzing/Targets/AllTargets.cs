using CoKe.Fuzzing.Inputs;

namespace CoKe.Fuzzing.Targets;

/// <summary>A reader with the folder that it reads in.</summary>
sealed record MadeTarget(FuzzTarget Target, FuzzFolder Folder) : IDisposable
{
    /// <summary>Files that the reader has left in its folder.</summary>
    public IEnumerable<string> LeftBehind() => Folder.LeftBehind();

    /// <inheritdoc/>
    public void Dispose()
    {
        Target.Owned?.Dispose();
        Folder.Dispose();
    }
}

/// <summary>Every reader of what others write, by name.</summary>
static class AllTargets
{
    static readonly Dictionary<string, Func<FuzzFolder, FuzzTarget>> _s_all = new()
    {
        ["idx-images"] = ImageTargets.IdxImages,
        ["idx-labels"] = ImageTargets.IdxLabels,
        ["cifar"] = ImageTargets.Cifar,
        ["image"] = ImageTargets.Image,
        ["val-classes"] = ImageTargets.ValClasses,
        ["npy"] = FeatureTargets.Matrix,
        ["rows"] = FeatureTargets.Rows,
        ["shards"] = FeatureTargets.Shards,
        ["sizes"] = FeatureTargets.Sizes,
        ["first-bytes"] = FeatureTargets.FirstBytes,
        ["safetensors"] = WeightTargets.Safetensors,
        ["encoder"] = WeightTargets.Encoder,
        ["save"] = RunTargets.Save,
        ["run-record"] = RunTargets.Record,
        ["summary"] = RunTargets.Summary,
        ["events"] = RunTargets.Events,
        ["recipe"] = TextTargets.Recipe,
        ["set"] = TextTargets.Set,
        ["golden"] = TextTargets.Golden,
        ["options"] = TextTargets.Options,
        ["names"] = TextTargets.Names,
        ["settings"] = SettingTargets.File,
        ["token"] = SettingTargets.Token,
        ["connection"] = SettingTargets.Connection,
        ["tls-pem"] = SettingTargets.Pem,
        ["tls-pfx"] = SettingTargets.Pfx,
        ["coke-arguments"] = SettingTargets.Coke,
        ["train-arguments"] = SettingTargets.Train,
        ["block-payload"] = StorageTargets.Block,
        ["shard-payload"] = StorageTargets.Shard,
        ["row"] = StorageTargets.Row,
        ["manifest"] = StorageTargets.Manifest,
        ["sqlite"] = StorageTargets.Sqlite,
        ["message"] = WireTargets.Message,
        ["messages"] = WireTargets.Messages,
        ["frame"] = WireTargets.Frame,
        ["called"] = WireTargets.Called,
        ["calling"] = WireTargets.Calling,
        ["http"] = HttpTarget.Pages,
    };

    /// <summary>What they are called.</summary>
    public static IReadOnlyCollection<string> Names => _s_all.Keys;

    /// <summary>Makes one.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static MadeTarget Make(string name)
    {
        if (!_s_all.TryGetValue(name, out var make))
            throw new ArgumentException($"There is no reader {name}: name one of {string.Join(", ", Names)}.", nameof(name));
        var folder = new FuzzFolder();
        return new MadeTarget(make(folder) with { Name = name }, folder);
    }
}
