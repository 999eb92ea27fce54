namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="double"/> values that travels as raw bytes: sums and duals.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class DoubleBlock(double[] data, int offset, int length)
    : Block<DoubleBlock, double>(data, offset, length),
        IBlock<DoubleBlock, double>
{
    /// <summary>A block of the whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public DoubleBlock(double[] data)
        : this(data, 0, data.Length) { }

    static DoubleBlock IBlock<DoubleBlock, double>.View(double[] data, int offset, int length) => new(data, offset, length);
}
