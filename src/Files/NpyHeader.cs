using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CoKe.Errors;

namespace CoKe.Files;

/// <summary>What stands before the values of an .npy file: element type, order and shape. Versions 1, 2 and 3 of the format.</summary>
/// <param name="ElementType">NumPy's name, for instance <c>&lt;f4</c>.</param>
/// <param name="IsFortranOrder">True when columns are contiguous.</param>
/// <param name="Shape">The length of every axis, each at least 0.</param>
public sealed partial record NpyHeader(string ElementType, bool IsFortranOrder, IReadOnlyList<long> Shape)
{
    // A header of a plain array has about 100 bytes; a length field that says megabytes is a damaged one.
    const int LongestText = 1 << 16;

    // NumPy aligns the values to 64 bytes.
    const int Alignment = 64;

    /// <summary>Bytes before the first value, of a header that was read.</summary>
    public long Length { get; private init; }

    static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header and leaves the stream at the first value.</summary>
    /// <exception cref="InvalidFileException">No .npy file, an unknown version, or a header that cannot be read.</exception>
    public static NpyHeader Read(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[8];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var compared = Math.Min(read, Magic.Length);
        if (read == 0 || !start[..compared].SequenceEqual(Magic[..compared]))
            throw OfAnotherKind(stream, start[..read], path);
        if (read < start.Length)
            throw Truncated(path);
        var version = start[6];
        if (version is < 1 or > 3)
            throw FileRefusal.Of(
                path,
                $"version {version}",
                $"has .npy version {version}: versions 1 to 3 are known; write it again with numpy.save."
            );

        Span<byte> length = stackalloc byte[version == 1 ? 2 : 4];
        Fill(stream, length, path);
        long bytes = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (bytes > LongestText)
            throw FileRefusal.Of(
                path,
                $"{bytes}",
                $"declares a header of {bytes} bytes, more than the {LongestText} that a plain array needs; the file is damaged."
            );
        var text = new byte[bytes];
        Fill(stream, text, path);
        return Parse(start.Length + length.Length + bytes, (version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text), path);
    }

    /// <summary>Writes a header of version 1.</summary>
    public void Write(Stream stream)
    {
        var shape = Shape.Count == 1 ? $"{Shape[0]}," : string.Join(", ", Shape);
        var text = $"{{'descr': '{ElementType}', 'fortran_order': {(IsFortranOrder ? "True" : "False")}, 'shape': ({shape}), }}";
        var unpadded = Magic.Length + 4 + text.Length + 1;
        text = text.PadRight(text.Length + ((Alignment - (unpadded % Alignment)) % Alignment)) + "\n";

        Span<byte> start = stackalloc byte[10];
        Magic.CopyTo(start);
        (start[6], start[7]) = (1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(start[8..], (ushort)text.Length);
        stream.Write(start);
        stream.Write(Encoding.Latin1.GetBytes(text));
    }

    static InvalidFileException OfAnotherKind(Stream stream, ReadOnlySpan<byte> read, string path)
    {
        Span<byte> start = stackalloc byte[FirstBytes.Length];
        read.CopyTo(start);
        start = start[..(read.Length + stream.ReadAtLeast(start[read.Length..], start.Length - read.Length, throwOnEndOfStream: false))];
        return FileRefusal.Of(
            path,
            "magic",
            FirstBytes.Problem(start, Wanted.Array) ?? "is no .npy file: it does not start with \\x93NUMPY; write it with numpy.save."
        );
    }

    static NpyHeader Parse(long length, string text, string path)
    {
        var type = TypePattern().Match(text);
        var order = OrderPattern().Match(text);
        var shape = ShapePattern().Match(text);
        if (!type.Success || !order.Success || !shape.Success)
        {
            throw FileRefusal.Of(
                path,
                text.Trim(),
                "has a header without a plain descr, fortran_order and shape; write one plain array with numpy.save."
            );
        }

        var axes = shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new NpyHeader(type.Groups[1].Value, order.Groups[1].Value == "True", Array.ConvertAll(axes, axis => Axis(axis, path)))
        {
            Length = length,
        };
    }

    // Old NumPy on Python 2 wrote long integers with an L.
    static long Axis(string text, string path) =>
        long.TryParse(text.TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw FileRefusal.Of(path, text, $"declares an axis of length '{text}', which is no number of values; the file is damaged.");

    static void Fill(Stream stream, Span<byte> bytes, string path)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Truncated(path);
        }
    }

    static InvalidFileException Truncated(string path) =>
        FileRefusal.Of(path, "header", "is truncated: it ends inside the header; fetch or write it again.");

    [GeneratedRegex("""['"]descr['"]\s*:\s*['"]([^'"]*)['"]""")]
    private static partial Regex TypePattern();

    [GeneratedRegex("""['"]fortran_order['"]\s*:\s*(True|False)""")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("""['"]shape['"]\s*:\s*\(([^()]*)\)""")]
    private static partial Regex ShapePattern();
}
