using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace CoKe.Abstractions;

/// <summary>Writes a block as a byte count and its raw bytes, and copies it by returning it.</summary>
/// <typeparam name="TBlock">The block.</typeparam>
/// <typeparam name="T">Its element.</typeparam>
public abstract class BlockCodec<TBlock, T> : IFieldCodec<TBlock>, IDeepCopier<TBlock>
    where TBlock : Block<TBlock, T>, IBlock<TBlock, T>
    where T : unmanaged
{
    static readonly int ElementBytes = Marshal.SizeOf<T>();

    private protected BlockCodec()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "Blocks travel as raw little-endian bytes, so every process must run on a little-endian machine."
            );
        }
    }

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, TBlock? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(TBlock), WireType.LengthPrefixed);
        var bytes = MemoryMarshal.AsBytes(value!.Span); // null was written as a reference above
        writer.WriteVarUInt32((uint)bytes.Length);
        writer.Write(bytes);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidBlockException">The byte count exceeds what was received, or is no whole number of elements.</exception>
    public TBlock? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<TBlock, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        var bytes = reader.ReadVarUInt32();

        // Compared with what is there before anything is allocated: a damaged count must not take gigabytes.
        if (bytes > reader.Remaining || bytes % ElementBytes != 0)
        {
            throw new InvalidBlockException(typeof(TBlock).Name, bytes, reader.Remaining, ElementBytes);
        }

        var data = GC.AllocateUninitializedArray<T>((int)(bytes / ElementBytes));
        reader.ReadBytes(MemoryMarshal.AsBytes(data.AsSpan()));
        var block = TBlock.View(data, 0, data.Length);
        ReferenceCodec.RecordObject(reader.Session, block);
        return block;
    }

    /// <inheritdoc/>
    public TBlock? DeepCopy(TBlock? input, CopyContext context) => input;
}

/// <summary>The codec of <see cref="FloatBlock"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class FloatBlockCodec : BlockCodec<FloatBlock, float>;

/// <summary>The codec of <see cref="IntBlock"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class IntBlockCodec : BlockCodec<IntBlock, int>;

/// <summary>The codec of <see cref="DoubleBlock"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class DoubleBlockCodec : BlockCodec<DoubleBlock, double>;
