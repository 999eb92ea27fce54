namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="float"/> values that travels as raw bytes: embeddings and centers, row-major.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class FloatBlock(float[] data, int offset, int length)
    : Block<FloatBlock, float>(data, offset, length),
        IBlock<FloatBlock, float>
{
    /// <summary>A block of the whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public FloatBlock(float[] data)
        : this(data, 0, data.Length) { }

    static FloatBlock IBlock<FloatBlock, float>.View(float[] data, int offset, int length) => new(data, offset, length);
}
