using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Silo.Tests;

/// <summary>A silo's database file as somebody with a hex editor sees it, while no silo uses it.</summary>
sealed class Database(string path)
{
    /// <summary>Flips bits in one byte of what the manifest names as the present state of a block.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="head">The head.</param>
    /// <param name="block">The block.</param>
    /// <param name="place">Where in the row, 0 to 1.</param>
    /// <returns>The slot's name.</returns>
    public string DamageCurrentSnapshot(string runId, int head, int block, double place)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var sealedManifest = serializer.Deserialize<SealedRow>(
            (byte[])Ask("SELECT payload FROM grain_state WHERE state = 'manifest' AND extension = @key", runId)!
        )!;
        var manifest = serializer.Deserialize<Manifest>(sealedManifest.Payload)!;
        var named = manifest.Blocks[head][block];
        Assert.NotEqual(named.Boundary, named.Current); // else there would be nothing to go back to
        var slot = SnapshotSlots.KindOf(named.Current!.Value.Slot);
        // Shards have slots and keys of the same form; only a block's has three parts.
        var key = $"{runId}/{head}/{block}";
        var payload = (byte[])Ask("SELECT payload FROM grain_state WHERE state = @state AND extension = @key", key, slot)!;
        payload[(int)(payload.Length * place)] ^= 0x55;
        Ask("UPDATE grain_state SET payload = @payload WHERE state = @state AND extension = @key", key, slot, payload);
        return slot;
    }

    /// <summary>Makes the file look as if another version of the program had made it.</summary>
    public void SetSchema(int version) => Ask($"UPDATE coke_schema SET version = {version}");

    object? Ask(string sql, string key = "", string state = "", byte[]? payload = null)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = new SqliteCommand(sql, connection);
        command.Parameters.AddWithValue("@key", key);
        command.Parameters.AddWithValue("@state", state);
        command.Parameters.AddWithValue("@payload", payload ?? []);
        return command.ExecuteScalar();
    }
}
