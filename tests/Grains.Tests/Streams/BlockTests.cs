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
    public sealed record Three(FloatBlock? Floats, IntBlock Ints, DoubleBlock Doubles);

    [Fact]
    public void Blocks_AnySlices_ComeBackBitForBit() =>
        Gen.Select(Gen.Float.Array[0, 300], Gen.Int.Array[0, 300], Gen.Double.Array[0, 300], Gen.Int[0, 300], Gen.Int[0, 300])
            .Sample(
                (floats, ints, doubles, a, b) =>
                {
                    var sent = new Three(Part(new FloatBlock(floats), a, b), new IntBlock(ints), Part(new DoubleBlock(doubles), b, a));
                    var received = Serializer.Deserialize<Three>(Serializer.SerializeToArray(sent))!;
                    Assert.Equal(Bytes<FloatBlock, float>(sent.Floats!), Bytes<FloatBlock, float>(received.Floats!));
                    Assert.Equal(Bytes<IntBlock, int>(sent.Ints), Bytes<IntBlock, int>(received.Ints));
                    Assert.Equal(Bytes<DoubleBlock, double>(sent.Doubles), Bytes<DoubleBlock, double>(received.Doubles));
                }
            );

    static byte[] Bytes<TBlock, T>(Block<TBlock, T> block)
        where TBlock : Block<TBlock, T>, IBlock<TBlock, T>
        where T : unmanaged => MemoryMarshal.AsBytes(block.Span).ToArray();

    static TBlock Part<TBlock, T>(Block<TBlock, T> block, int a, int b)
        where TBlock : Block<TBlock, T>, IBlock<TBlock, T>
        where T : unmanaged =>
        block.Slice(Math.Min(a % (block.Length + 1), block.Length), Math.Min(b, block.Length - (a % (block.Length + 1))));

    [Fact]
    public void NullAndRepeatedBlocks_ComeBackAsSuch()
    {
        var shared = new IntBlock([1, 2, 3]);
        var received = Serializer.Deserialize<IntBlock?[]>(Serializer.SerializeToArray<IntBlock?[]>([shared, null, shared]))!;

        Assert.Equal([1, 2, 3], received[0]!.Span);
        Assert.Null(received[1]);
        Assert.Same(received[0], received[2]);
    }

    [Fact]
    public void Block_OnTheWire_IsRawBytes()
    {
        var block = new FloatBlock(Enumerable.Range(0, 1000).Select(i => i / 7f).ToArray());
        Assert.InRange(Serializer.SerializeToArray(block).Length, 4000, 4100);
    }

    [Fact]
    public void Copy_IsTheSameBlock()
    {
        var copier = Services.GetRequiredService<DeepCopier>();
        var three = new Three(new FloatBlock([1]), new IntBlock([2]), new DoubleBlock([3]));

        Assert.Same(three, copier.Copy(three));
        Assert.Same(three.Ints, copier.Copy(three.Ints));
        Assert.Same(three.Floats, copier.Copy<object>(three.Floats!));
    }

    [Fact]
    public void Slice_SharesTheArray_AndStaysInside()
    {
        int[] data = [0, 1, 2, 3, 4, 5];
        var part = new IntBlock(data, 1, 4).Slice(1, 2);
        data[2] = 9; // forbidden outside tests: shows that nothing was copied

        Assert.Equal([9, 3], part.Span);
        Assert.Equal([9, 3], part.Memory.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntBlock(data, 3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntBlock(data, 7, 0));
        Assert.Equal(0, part.Slice(2, 0).Length);
    }

    [Theory]
    [InlineData(uint.MaxValue)] // "negative"
    [InlineData(0x7FFF_FFFCu)] // two gigabytes that are not there
    [InlineData(404u)] // four bytes too many
    [InlineData(398u)] // no whole number of floats
    public void Block_WithImpossibleLength_IsRefusedBeforeAllocation(uint declared)
    {
        var wire = Serializer.SerializeToArray(new FloatBlock(new float[100]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<InvalidBlockException>(() => Serializer.Deserialize<FloatBlock>(WithLength(wire, 400, declared)));

        Assert.Equal("FloatBlock", refused.Field);
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
