using System.Buffers.Binary;

namespace CoKe.Client.Features;

/// <summary>An .npy file of K numbers: one axis, whole or floating numbers of 1 to 8 bytes in either byte order.</summary>
static class NpyVector
{
    /// <summary>Reads the values as double; whole numbers beyond 2^53 are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">K: how many values it must hold.</param>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">Absent, truncated, of another type, rank or length.</exception>
    public static double[] Read(string path, int length) => NpyMatrix.Reading(path, () =>
    {
        using var stream = File.OpenRead(path);
        var header = NpyHeader.Read(stream, path);
        var shape = $"({string.Join(", ", header.Shape)}{(header.Shape.Count == 1 ? "," : "")})";
        if (header.Shape.Count != 1)
            throw NpyFile.Refuse(path, shape, $"has shape {shape}: sizes are 1-D, one per cluster; use sizes.ravel().");
        if (header.Shape[0] != length)
        {
            throw NpyFile.Refuse(path, shape,
                $"holds {header.Shape[0]} sizes for {length} clusters: give one per cluster, in the order of their numbers.");
        }

        var read = ReaderOf(header.ElementType) ?? throw NpyFile.Refuse(path, header.ElementType,
            $"holds values of type '{header.ElementType}', which are no numbers: save it with sizes.astype('<f8').");

        // The file must really hold the values before anyone allocates memory for them.
        var width = header.ElementType[2] - '0';
        long declared = (long)length * width, present = stream.CanSeek ? stream.Length - stream.Position : declared;
        if (present != declared)
        {
            throw NpyFile.Refuse(path, $"{present} bytes",
                $"{(present < declared ? "is truncated" : "is too long")}: its header declares {declared} bytes of values, {present} are there.");
        }

        var bytes = new byte[declared];
        stream.ReadExactly(bytes);
        if (header.ElementType[0] == '>')
            for (var at = 0; at < bytes.Length; at += width) bytes.AsSpan(at, width).Reverse();
        return Enumerable.Range(0, length).Select(k => read(bytes.AsSpan(k * width, width))).ToArray();
    });

    delegate double Reader(ReadOnlySpan<byte> littleEndian);

    // NumPy's names: byte order, kind, bytes.
    static Reader? ReaderOf(string type) => type.Length != 3 || !"<>|=".Contains(type[0]) ? null : type[1..] switch
    {
        "i1" => x => (sbyte)x[0],
        "u1" => x => x[0],
        "i2" => x => BinaryPrimitives.ReadInt16LittleEndian(x),
        "u2" => x => BinaryPrimitives.ReadUInt16LittleEndian(x),
        "i4" => x => BinaryPrimitives.ReadInt32LittleEndian(x),
        "u4" => x => BinaryPrimitives.ReadUInt32LittleEndian(x),
        "i8" => x => BinaryPrimitives.ReadInt64LittleEndian(x),
        "u8" => x => BinaryPrimitives.ReadUInt64LittleEndian(x),
        "f2" => x => (double)BinaryPrimitives.ReadHalfLittleEndian(x),
        "f4" => x => BinaryPrimitives.ReadSingleLittleEndian(x),
        "f8" => x => BinaryPrimitives.ReadDoubleLittleEndian(x),
        _ => null,
    };
}
