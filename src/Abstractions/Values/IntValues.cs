namespace CoKe.Abstractions;

/// <summary>An immutable run of <see cref="int"/> values that travels as raw bytes: image ids, labels and counts.</summary>
/// <param name="data">The array, handed over: nobody writes to it again.</param>
/// <param name="offset">The first element.</param>
/// <param name="length">The number of elements.</param>
[Immutable]
public sealed class IntValues(int[] data, int offset, int length) : Values<IntValues, int>(data, offset, length), IValues<IntValues, int>
{
    /// <summary>The whole array.</summary>
    /// <param name="data">The array, handed over: nobody writes to it again.</param>
    public IntValues(int[] data)
        : this(data, 0, data.Length) { }

    static IntValues IValues<IntValues, int>.View(int[] data, int offset, int length) => new(data, offset, length);
}
