using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CoKe.Fuzzing.Inputs;

/// <summary>Changes inputs without knowing what they are. The same seed gives the same inputs.</summary>
/// <param name="random">Where chance comes from.</param>
sealed class Mutator(Random random)
{
    const int MostChanges = 6,
        Longest = 1 << 17;

    static readonly long[] _s_numbers =
    [
        0,
        1,
        -1,
        2,
        7,
        8,
        63,
        64,
        127,
        128,
        255,
        256,
        32_767,
        32_768,
        65_535,
        65_536,
        int.MaxValue,
        int.MinValue,
        uint.MaxValue,
        1L << 32,
        1L << 40,
        long.MaxValue,
        long.MinValue,
        int.MaxValue - 7,
        0x7fffffc7,
        1_000_000_000,
    ];

    static readonly byte[][] _s_words =
    [
        .. (
            (string[])
                [
                    "null",
                    "true",
                    "{",
                    "}",
                    "[",
                    "]",
                    "[[[[[[[[",
                    "{\"a\":",
                    "\"",
                    "\\",
                    "\\ud800",
                    "\\u0000",
                    "\u001b[31m",
                    "\u001b]0;x\u0007",
                    "\u009b",
                    "\u202e",
                    "\n",
                    "\r",
                    "\0",
                    "-1",
                    "-0",
                    "1e999",
                    "NaN",
                    "Infinity",
                    "99999999999999999999",
                    "0x7fffffff",
                    "../",
                    "/",
                    ":",
                    "&a ",
                    "*a",
                    "<<: *a",
                    "!!int ",
                    "!<tag:x> ",
                    "? ",
                    "- ",
                    "--- ",
                    "%YAML 9.9",
                    "#",
                    "'",
                    ",",
                    "=",
                    "{}",
                    "[]",
                    "(",
                    ")",
                    "L",
                    "é",
                    "\ud83d\ude00",
                ]
        ).Select(Encoding.UTF8.GetBytes),
        [0x80],
        [0xc3, 0x28],
        [0xff, 0xfe],
        [0xed, 0xa0, 0x80],
        [0xf4, 0x90, 0x80, 0x80],
    ];

    /// <summary>A changed copy of one of some inputs.</summary>
    public byte[] Next(IReadOnlyList<byte[]> from)
    {
        var input = Pick(from);
        for (var changes = random.Next(1, MostChanges + 1); changes > 0; changes--)
            input = Change(input, from);
        return input.Length <= Longest ? input : input[..Longest];
    }

    byte[] Change(byte[] input, IReadOnlyList<byte[]> from)
    {
        var (at, length) = Range(input);
        switch (random.Next(13))
        {
            case 0: // a bit
                return Set(input, at, span => span[0] ^= (byte)(1 << random.Next(8)), 1);
            case 1: // a byte
                return Set(input, at, span => span[0] = (byte)random.Next(256), 1);
            case 2: // a number of four bytes, as lengths often are
                return Set(input, at, span => Write32(span, (int)Pick(_s_numbers)), 4);
            case 3: // of eight
                return Set(input, at, span => Write64(span, Pick(_s_numbers)), 8);
            case 4: // of two
                return Set(input, at, span => BinaryPrimitives.WriteInt16LittleEndian(span, (short)Pick(_s_numbers)), 2);
            case 5: // cut short
                return input[..at];
            case 6: // a part is missing
                return [.. input[..at], .. input[(at + length)..]];
            case 7: // a part comes again, up to many times
                var part = input[at..(at + length)];
                return Repeated(input, at, part, 1 << random.Next(random.Next(4) == 0 ? 12 : 4));
            case 8: // the end of another
                var other = Pick(from);
                return [.. input[..at], .. other[random.Next(other.Length + 1)..]];
            case 9: // a number in digits
                return Digits(input);
            case 10: // a word
                return [.. input[..at], .. Pick(_s_words), .. input[at..]];
            case 11: // noise at the end
                var noise = new byte[random.Next(1, 64)];
                random.NextBytes(noise);
                return [.. input, .. noise];
            default: // a part of one is a part of another
                var source = Pick(from);
                var (start, count) = Range(source);
                return [.. input[..at], .. source[start..(start + count)], .. input[Math.Min(input.Length, at + count)..]];
        }
    }

    byte[] Digits(byte[] input)
    {
        var from = random.Next(input.Length + 1);
        var start = input.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < 0)
            return input;
        start += from;
        var end = start;
        while (end < input.Length && input[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        return [.. input[..start], .. Encoding.ASCII.GetBytes(Pick(_s_numbers).ToString(CultureInfo.InvariantCulture)), .. input[end..]];
    }

    void Write32(Span<byte> span, int value)
    {
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteInt32LittleEndian(span, value);
        else
            BinaryPrimitives.WriteInt32BigEndian(span, value);
    }

    void Write64(Span<byte> span, long value)
    {
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteInt64LittleEndian(span, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(span, value);
    }

    (int At, int Length) Range(byte[] input)
    {
        // Headers are at the beginning, and are what readers look at.
        var at = random.Next((random.Next(2) == 0 ? Math.Min(input.Length, 64) : input.Length) + 1);
        return (at, random.Next(Math.Min(input.Length - at, 64) + 1));
    }

    delegate void Writing(Span<byte> span);

    static byte[] Set(byte[] input, int at, Writing write, int width)
    {
        if (input.Length < width)
            return input;
        var changed = (byte[])input.Clone();
        write(changed.AsSpan(Math.Min(at, input.Length - width), width));
        return changed;
    }

    static byte[] Repeated(byte[] input, int at, byte[] part, int times)
    {
        using var all = new MemoryStream();
        all.Write(input.AsSpan(0, at));
        for (var i = 0; i < times && all.Length < Longest; i++)
            all.Write(part);
        all.Write(input.AsSpan(at));
        return all.ToArray();
    }

    T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
