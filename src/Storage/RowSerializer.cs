using System.Buffers;
using CoKe.Abstractions.Serialization;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Storage;

/// <summary>
/// Orleans' binary serializer. Bytes that it cannot read come out as an empty state: then the row's ETag is known, its owner finds that the
/// checksum does not fit, and can say so, overwrite or delete it. An error instead would look like a storage that is away for the moment.
/// </summary>
sealed class RowSerializer(Serializer serializer) : IGrainStorageSerializer
{
    readonly OrleansGrainStorageSerializer _binary = new(serializer);

    public BinaryData Serialize<T>(T? input) => _binary.Serialize(input);

    public T Deserialize<T>(BinaryData input)
    {
        if (Nesting.Depth(new ReadOnlySequence<byte>(input.ToMemory())) > Nesting.Deepest)
            return Activator.CreateInstance<T>();
        try
        {
            return _binary.Deserialize<T>(input) ?? Activator.CreateInstance<T>();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Activator.CreateInstance<T>();
        }
    }
}
