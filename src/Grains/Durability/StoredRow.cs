using System.Buffers;
using CoKe.Abstractions;
using CoKe.Abstractions.Serialization;
using Orleans.Serialization;

namespace CoKe.Grains.Durability;

/// <summary>
/// What a row holds, once its seal is found whole. The seal finds damage, not malice, and says nothing of the version that wrote the row:
/// what cannot be read is a damaged row, and no trouble that would pass.
/// </summary>
static class StoredRow
{
    /// <summary>Reads the payload of a row.</summary>
    /// <param name="serializer">Of this silo.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="owner">Whose row it is.</param>
    /// <param name="what">Which one.</param>
    /// <exception cref="DamagedSnapshotException">The bytes are not of that type.</exception>
    public static T Read<T>(Serializer serializer, byte[] payload, string owner, string what)
        where T : class
    {
        if (Nesting.Depth(new ReadOnlySequence<byte>(payload)) > Nesting.Deepest)
            throw new DamagedSnapshotException(owner, what, "cannot be read (it is nested too deeply)", isVersion: false);
        T? read;
        try
        {
            read = serializer.Deserialize<T>(payload);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // whatever Orleans or a type of ours makes of foreign bytes
        {
            throw new DamagedSnapshotException(owner, what, $"cannot be read ({e.Message.TrimEnd('.')})", isVersion: false);
        }

        return read ?? throw new DamagedSnapshotException(owner, what, "holds nothing", isVersion: false);
    }
}
