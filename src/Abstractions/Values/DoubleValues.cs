namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="double"/> values that travels as raw bytes: sums and duals.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class DoubleValues(double[] data, int offset, int length)
    : Values<DoubleValues, double>(data, offset, length),
        IValues<DoubleValues, double>
{
    /// <summary>The whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public DoubleValues(double[] data)
        : this(data, 0, data.Length) { }

    static DoubleValues IValues<DoubleValues, double>.View(double[] data, int offset, int length) => new(data, offset, length);
}
