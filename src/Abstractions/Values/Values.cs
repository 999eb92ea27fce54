using System.Diagnostics;

namespace CoKe.Abstractions;

/// <summary>
/// An immutable view of a part of an array. Slices share the array, a message that stays inside its process is passed by
/// reference, and the wire format is the raw little-endian bytes: Orleans would otherwise write an array element by element.
/// </summary>
/// <remarks>The array is handed over: whoever passes one to a constructor must never write to it, or pool it, again.</remarks>
/// <typeparam name="TSelf">The concrete type.</typeparam>
/// <typeparam name="T">The element.</typeparam>
[Immutable]
[DebuggerDisplay("{GetType().Name,nq}[{Length}]")]
public abstract class Values<TSelf, T>
    where TSelf : Values<TSelf, T>, IValues<TSelf, T>
    where T : unmanaged
{
    readonly T[] _data;
    readonly int _offset;

    private protected Values(T[] data, int offset, int length)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, data.Length - offset);
        (_data, _offset, Length) = (data, offset, length);
    }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The elements.</summary>
    public ReadOnlySpan<T> Span => new(_data, _offset, Length);

    /// <summary>The elements.</summary>
    public ReadOnlyMemory<T> Memory => new(_data, _offset, Length);

    /// <summary>A part of these values; nothing is copied.</summary>
    /// <param name="offset">The first element, counted from the start of these values.</param>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie inside these values.</exception>
    public TSelf Slice(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return TSelf.View(_data, _offset + offset, length);
    }

    /// <summary>Values with their own copy of <paramref name="elements"/>.</summary>
    /// <param name="elements">What they will hold; may be written again afterwards.</param>
    public static TSelf From(ReadOnlySpan<T> elements) => TSelf.View(elements.ToArray(), 0, elements.Length);
}

/// <summary>How what all kinds of values share makes the concrete kind.</summary>
/// <typeparam name="TSelf">The concrete type.</typeparam>
/// <typeparam name="T">The element.</typeparam>
public interface IValues<TSelf, T>
{
    /// <summary>A view of a part of <paramref name="data"/>.</summary>
    /// <param name="data">The array, handed over.</param>
    /// <param name="offset">The first element.</param>
    /// <param name="length">The number of elements.</param>
    static abstract TSelf View(T[] data, int offset, int length);
}
