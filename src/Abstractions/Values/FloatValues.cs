namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="float"/> values that travels as raw bytes: embeddings and centers, row-major.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class FloatValues(float[] data, int offset, int length)
    : Values<FloatValues, float>(data, offset, length),
        IValues<FloatValues, float>
{
    /// <summary>The whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public FloatValues(float[] data)
        : this(data, 0, data.Length) { }

    static FloatValues IValues<FloatValues, float>.View(float[] data, int offset, int length) => new(data, offset, length);
}
