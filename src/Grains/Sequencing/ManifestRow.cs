using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Orleans.Storage;

namespace CoKe.Grains.Sequencing;

/// <summary>The manifest's row as one incarnation holds it. It knows one ETag; whoever wrote since makes every later write of it
/// fail.</summary>
sealed class ManifestRow(ActorWorld world, string runId)
{
    readonly DurableRow _row = new(world.Storage, Rows.Manifest, Rows.Sequencer(runId));

    /// <summary>The manifest; null when there is none.</summary>
    /// <exception cref="DamagedSnapshotException">Its checksum does not fit, or it is none.</exception>
    public async Task<Manifest?> ReadAsync() =>
        await _row.ReadSoundAsync() is { } row ? _row.Content<Manifest>(row, world.Serializer) : null;

    /// <summary>Replaces the manifest that was last read or written.</summary>
    /// <exception cref="InconsistentStateException">Another wrote it since.</exception>
    public Task WriteAsync(Manifest manifest) =>
        _row.WriteAsync(manifest.Incarnation, manifest.Current.Step, world.Serializer.SerializeToArray(manifest));

    public Task ClearAsync() => _row.ClearAsync();
}
