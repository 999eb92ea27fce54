using System.IO.Hashing;
using Orleans.Storage;

namespace CoKe.Storage;

/// <summary>
/// Keeps grains apart that Orleans' provider would give one row: it knows the name of a state but not the grain's type, so a head and a
/// shard of one key would share a row; and it reads a key of hexadecimal digits as a number, so that "abc", "ABC" and "0abc" would. With
/// type and key as they are in both hashes they do not, up to 64 bits.
/// </summary>
sealed class ExactKeyHasher : IStorageHasherPicker
{
    public ICollection<IHasher> HashProviders { get; } = [];

    public IHasher PickHasher<T>(
        string serviceId,
        string storageProviderInstanceName,
        string grainType,
        GrainId grainId,
        IGrainState<T> grainState,
        string? tag = null
    ) => new Hasher(grainId);

    sealed class Hasher(GrainId grainId) : IHasher
    {
        public string Description => "XxHash64 of the text, the grain's type and its key as they are";

        public int Hash(byte[] data)
        {
            var hash = new XxHash64();
            hash.Append(data);
            hash.Append(grainId.Type.AsSpan());
            hash.Append("/"u8);
            hash.Append(grainId.Key.AsSpan());
            return (int)hash.GetCurrentHashAsUInt64();
        }
    }
}
