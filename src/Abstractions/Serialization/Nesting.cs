using System.Buffers;
using System.Numerics;

namespace CoKe.Abstractions.Serialization;

/// <summary>
/// How deeply values lie within values in Orleans' format. Orleans reads them by calls within calls and counts none, and a stack that
/// overflows ends the process: some 40 KB of objects within objects, or of objects that refer to each other, would end a silo. So they are
/// counted before Orleans reads them.
/// </summary>
/// <remarks>
/// A field is a byte with the kind of its value, how its type is told, and the number of the field, where these fit; the rest follows. An
/// object ends with a byte of its own. Objects lie within each other, or are read where something refers to them; bytes and texts have
/// their length before them.
/// </remarks>
public static class Nesting
{
    /// <summary>Objects within objects that are read; messages of CoKe and of Orleans have some twenty, errors within errors
    /// included.</summary>
    public const int Deepest = 256;

    /// <summary>
    /// Objects that are read by references in a row, at most: what nobody knows is read where it is referred to, and may itself refer to
    /// something of the kind, by a call within the present one again. The levels on which references stand are summed, whatever they refer
    /// to. For what clients send, which comes to some twenty; silos tell of all their kinds of grains, which repeat many names.
    /// </summary>
    public const int MostChained = 4_096;

    // The parts of a field's first byte.
    const byte KindMask = 0xe0,
        TypeMask = 0x18,
        NumberMask = 0x07;

    // Kinds of values.
    const byte VarInt = 0x00,
        TagDelimited = 0x20,
        LengthPrefixed = 0x40,
        Fixed32 = 0x60,
        Fixed64 = 0x80,
        Reference = 0xc0,
        Extended = 0xe0;

    // How a type is told: by the place of it or by its name; by a number (0x08) or an earlier one (0x18) nothing follows.
    const byte Expected = 0x00,
        Encoded = 0x10;

    /// <summary>How deeply a value is nested, as far as Orleans could read it.</summary>
    /// <param name="value">One value.</param>
    /// <param name="most">No more are counted than one beyond this.</param>
    /// <param name="mostChained">A sum of levels of references beyond this counts as too deep; what is nothing refers to nothing.</param>
    public static int Depth(ReadOnlySequence<byte> value, int most = Deepest, int mostChained = int.MaxValue)
    {
        var reader = new SequenceReader<byte>(value);
        var (depth, deepest, chained) = (0, 0, 0);
        do
        {
            if (!reader.TryRead(out var first))
                break;
            var kind = (byte)(first & KindMask);
            if (kind == Extended)
            {
                if ((first & TypeMask) == 0)
                    depth--; // the end of an object; the other one ends the fields of a base
                continue;
            }

            if (!PassHeader(ref reader, first))
                break;
            if (kind == TagDelimited)
                deepest = Math.Max(deepest, ++depth);
            else if (kind == Reference)
            {
                if (!TryReadNumber(ref reader, out var to))
                    break;
                if (to != 0 && (chained += depth) > mostChained)
                    return most + 1;
            }
            else if (!PassValue(ref reader, kind))
                break;
        } while (depth > 0 && deepest <= most);
        return deepest;
    }

    /// <summary>The most objects within objects that some bytes could be, whatever stands between them.</summary>
    public static int Bound(ReadOnlySequence<byte> bytes)
    {
        var bound = 0;
        foreach (var part in bytes)
            foreach (var one in part.Span)
                if ((one & KindMask) == TagDelimited)
                    bound++;
        return bound;
    }

    static bool PassHeader(ref SequenceReader<byte> reader, byte first)
    {
        if ((first & NumberMask) == NumberMask && !TryReadNumber(ref reader, out _))
            return false;
        return (first & TypeMask) switch
        {
            Expected => true,
            Encoded => reader.TryRead(out _)
                && TryPass(ref reader, sizeof(int))
                && TryReadNumber(ref reader, out var length)
                && TryPass(ref reader, length), // version, hash, name
            _ => TryReadNumber(ref reader, out _),
        };
    }

    static bool PassValue(ref SequenceReader<byte> reader, byte kind) =>
        kind switch
        {
            VarInt => TryReadNumber(ref reader, out _),
            LengthPrefixed => TryReadNumber(ref reader, out var length) && TryPass(ref reader, length),
            Fixed32 => TryPass(ref reader, sizeof(int)),
            Fixed64 => TryPass(ref reader, sizeof(long)),
            _ => false, // Orleans knows none, and refuses it
        };

    // Zeros below the lowest one of the first byte say how many bytes follow; the number stands above that.
    static bool TryReadNumber(ref SequenceReader<byte> reader, out ulong number)
    {
        number = 0;
        if (!reader.TryPeek(out var first))
            return false;
        var bytes = BitOperations.TrailingZeroCount(first | 0x100) + 1;
        UInt128 all = 0;
        for (var i = 0; i < bytes; i++)
        {
            if (!reader.TryRead(out var next))
                return false;
            all |= (UInt128)next << (8 * i);
        }

        number = (ulong)(all >> bytes);
        return true;
    }

    static bool TryPass(ref SequenceReader<byte> reader, ulong count)
    {
        if (count > (ulong)reader.Remaining)
            return false;
        reader.Advance((long)count);
        return true;
    }
}
