using CoKe.Files;

namespace CoKe.Cli.Features;

/// <summary>An .npy file of K numbers: one axis, whole or floating numbers of 1 to 8 bytes in either byte order.</summary>
static class NpyVector
{
    /// <summary>Reads the values as double; whole numbers beyond 2^53 are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">K: how many values it must hold.</param>
    /// <exception cref="CoKe.Errors.InvalidFileException">Absent, truncated, of another type, rank or length.</exception>
    public static double[] Read(string path, int length) => NpyMatrix.Reading(path, () =>
        {
            using var stream = File.OpenRead(path);
            var header = NpyHeader.Read(stream, path);
            var shape = $"({string.Join(", ", header.Shape)}{(header.Shape.Count == 1 ? "," : "")})";
            if (header.Shape.Count != 1)
                throw NpyFile.Refuse(path, shape, $"has shape {shape}: sizes are 1-D, one per cluster; use sizes.ravel().");
            if (header.Shape[0] != length)
            {
                throw NpyFile.Refuse(
                    path,
                    shape,
                    $"holds {header.Shape[0]} sizes for {length} clusters: give one per cluster, in the order of their numbers."
                );
            }

            if (NpyType.Parse(header.ElementType) is not { Kind: not 'b' } type)
            {
                throw NpyFile.Refuse(
                    path,
                    header.ElementType,
                    $"holds values of type '{header.ElementType}', which are no numbers: save it with sizes.astype('<f8')."
                );
            }

            // The file must really hold the values before anyone allocates memory for them.
            long declared = (long)length * type.Width,
                present = stream.CanSeek ? stream.Length - stream.Position : declared;
            if (present != declared)
            {
                throw NpyFile.Refuse(
                    path,
                    $"{present} bytes",
                    $"{(present < declared ? "is truncated" : "is too long")}: its header declares {declared} bytes of values, "
                        + $"{present} are there."
                );
            }

            var bytes = new byte[declared];
            stream.ReadExactly(bytes);
            var values = new double[length];
            type.Convert(bytes, values.AsSpan());
            return values;
        });
}
