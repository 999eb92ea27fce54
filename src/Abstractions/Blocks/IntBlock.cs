namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="int"/> values that travels as raw bytes: image ids, labels and counts.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class IntBlock(int[] data, int offset, int length) : Block<IntBlock, int>(data, offset, length), IBlock<IntBlock, int>
{
    /// <summary>A block of the whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public IntBlock(int[] data)
        : this(data, 0, data.Length) { }

    static IntBlock IBlock<IntBlock, int>.View(int[] data, int offset, int length) => new(data, offset, length);
}
