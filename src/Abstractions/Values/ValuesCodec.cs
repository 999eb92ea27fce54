using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace CoKe.Abstractions;

/// <summary>Writes values as a byte count and its raw bytes, and copies them by returning them.</summary>
/// <typeparam name="TValues">The values.</typeparam>
/// <typeparam name="T">Their element.</typeparam>
public abstract class ValuesCodec<TValues, T> : IFieldCodec<TValues>, IDeepCopier<TValues>
    where TValues : Values<TValues, T>, IValues<TValues, T>
    where T : unmanaged
{
    static readonly int ElementBytes = Marshal.SizeOf<T>();

    private protected ValuesCodec()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "Values travel as raw little-endian bytes, so every process must run on a little-endian machine."
            );
        }
    }

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, TValues? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(TValues), WireType.LengthPrefixed);
        var bytes = MemoryMarshal.AsBytes(value!.Span); // null was written as a reference above
        writer.WriteVarUInt32((uint)bytes.Length);
        writer.Write(bytes);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidValuesException">The byte count exceeds what was received, or is no whole number of elements.</exception>
    public TValues? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<TValues, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        var bytes = reader.ReadVarUInt32();

        // Compared with what is there before anything is allocated: a damaged count must not take gigabytes.
        if (bytes > reader.Remaining || bytes % ElementBytes != 0)
        {
            throw new InvalidValuesException(typeof(TValues).Name, bytes, reader.Remaining, ElementBytes);
        }

        var data = GC.AllocateUninitializedArray<T>((int)(bytes / ElementBytes));
        reader.ReadBytes(MemoryMarshal.AsBytes(data.AsSpan()));
        var values = TValues.View(data, 0, data.Length);
        ReferenceCodec.RecordObject(reader.Session, values);
        return values;
    }

    /// <inheritdoc/>
    public TValues? DeepCopy(TValues? input, CopyContext context) => input;
}

/// <summary>The codec of <see cref="FloatValues"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class FloatValuesCodec : ValuesCodec<FloatValues, float>;

/// <summary>The codec of <see cref="IntValues"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class IntValuesCodec : ValuesCodec<IntValues, int>;

/// <summary>The codec of <see cref="DoubleValues"/>.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class DoubleValuesCodec : ValuesCodec<DoubleValues, double>;
