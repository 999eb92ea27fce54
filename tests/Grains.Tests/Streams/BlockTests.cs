using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Streams;

/// <summary>Blocks: views, and what they are on the wire.</summary>
public sealed class BlockTests
{
    static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();

    [GenerateSerializer, Immutable]
    public sealed record Three(FloatValues? Floats, IntValues Ints, DoubleValues Doubles);

    [Fact]
    public void Blocks_AnySlices_ComeBackBitForBit() =>
        Gen.Select(Gen.Float.Array[0, 300], Gen.Int.Array[0, 300], Gen.Double.Array[0, 300], Gen.Int[0, 300], Gen.Int[0, 300])
            .Sample(
                (floats, ints, doubles, a, b) =>
                {
                    var sent = new Three(Part(new FloatValues(floats), a, b), new IntValues(ints), Part(new DoubleValues(doubles), b, a));
                    var received = Serializer.Deserialize<Three>(Serializer.SerializeToArray(sent))!;
                    Assert.Equal(Bytes<FloatValues, float>(sent.Floats!), Bytes<FloatValues, float>(received.Floats!));
                    Assert.Equal(Bytes<IntValues, int>(sent.Ints), Bytes<IntValues, int>(received.Ints));
                    Assert.Equal(Bytes<DoubleValues, double>(sent.Doubles), Bytes<DoubleValues, double>(received.Doubles));
                }
            );

    static byte[] Bytes<TBlock, T>(Values<TBlock, T> block)
        where TBlock : Values<TBlock, T>, IValues<TBlock, T>
        where T : unmanaged => MemoryMarshal.AsBytes(block.Span).ToArray();

    static TBlock Part<TBlock, T>(Values<TBlock, T> block, int a, int b)
        where TBlock : Values<TBlock, T>, IValues<TBlock, T>
        where T : unmanaged =>
        block.Slice(Math.Min(a % (block.Length + 1), block.Length), Math.Min(b, block.Length - (a % (block.Length + 1))));

    [Fact]
    public void NullAndRepeatedBlocks_ComeBackAsSuch()
    {
        var shared = new IntValues([1, 2, 3]);
        var received = Serializer.Deserialize<IntValues?[]>(Serializer.SerializeToArray<IntValues?[]>([shared, null, shared]))!;

        Assert.Equal([1, 2, 3], received[0]!.Span);
        Assert.Null(received[1]);
        Assert.Same(received[0], received[2]);
    }

    [Fact]
    public void Block_OnTheWire_IsRawBytes()
    {
        var block = new FloatValues(Enumerable.Range(0, 1000).Select(i => i / 7f).ToArray());
        Assert.InRange(Serializer.SerializeToArray(block).Length, 4000, 4100);
    }

    [Fact]
    public void Copy_IsTheSameBlock()
    {
        var copier = Services.GetRequiredService<DeepCopier>();
        var three = new Three(new FloatValues([1]), new IntValues([2]), new DoubleValues([3]));

        Assert.Same(three, copier.Copy(three));
        Assert.Same(three.Ints, copier.Copy(three.Ints));
        Assert.Same(three.Floats, copier.Copy<object>(three.Floats!));
    }

    [Fact]
    public void Slice_SharesTheArray_AndStaysInside()
    {
        int[] data = [0, 1, 2, 3, 4, 5];
        var part = new IntValues(data, 1, 4).Slice(1, 2);
        data[2] = 9; // forbidden outside tests: shows that nothing was copied

        Assert.Equal([9, 3], part.Span);
        Assert.Equal([9, 3], part.Memory.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntValues(data, 3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntValues(data, 7, 0));
        Assert.Equal(0, part.Slice(2, 0).Length);
    }

    [Theory]
    [InlineData(uint.MaxValue)] // "negative"
    [InlineData(0x7FFF_FFFCu)] // two gigabytes that are not there
    [InlineData(404u)] // four bytes too many
    [InlineData(398u)] // no whole number of floats
    public void Block_WithImpossibleLength_IsRefusedBeforeAllocation(uint declared)
    {
        var wire = Serializer.SerializeToArray(new FloatValues(new float[100]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<InvalidValuesException>(() => Serializer.Deserialize<FloatValues>(WithLength(wire, 400, declared)));

        Assert.Equal("FloatValues", refused.Field);
        Assert.Equal($"{declared}", refused.Value);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>Replaces the variable-length byte count in front of the payload.</summary>
    static byte[] WithLength(byte[] wire, uint length, uint declared)
    {
        var at = wire.AsSpan().IndexOf(VarUInt32(length));
        Assert.True(at > 0);
        return [.. wire[..at], .. VarUInt32(declared), .. wire[(at + VarUInt32(length).Length)..]];
    }

    // Orleans' format: the number of bytes in unary in the low bits, then the value.
    static byte[] VarUInt32(uint value)
    {
        var count = Math.Max(1, (32 - System.Numerics.BitOperations.LeadingZeroCount(value) + 6) / 7);
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (((ulong)value << 1) | 1) << (count - 1));
        return bytes[..count];
    }
}
