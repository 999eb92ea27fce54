using System.Globalization;
using CoKe.Cli.Features;
using CoKe.Errors;

namespace CoKe.Cli.Sizes;

/// <summary>Sizes of one head's clusters from a file: minimums or maximums, in rows.</summary>
/// <param name="Option">The option that names the file, without dashes.</param>
/// <param name="Path">The file.</param>
/// <param name="Values">K values of at least 0; a maximum may be infinite, which is none.</param>
sealed record SizeFile(string Option, string Path, double[] Values)
{
    /// <summary>Reads a file and refuses values that are no sizes.</summary>
    /// <param name="option">Its option, without dashes.</param>
    /// <param name="path">Null: not given.</param>
    /// <param name="heads">K of every head that was asked for; there must be one.</param>
    /// <param name="infinite">Whether infinity is a size.</param>
    /// <exception cref="InvalidOptionsException">There are several heads.</exception>
    /// <exception cref="InvalidFileException">The file cannot be used; names the cluster and its value.</exception>
    public static SizeFile? Read(string option, string? path, IReadOnlyList<int> heads, bool infinite)
    {
        if (path is null)
            return null;
        if (heads.Count > 1)
        {
            throw new InvalidOptionsException(
                option,
                path,
                $"--{option} {path} gives the sizes of one head's clusters and --heads asks for {heads.Count} heads: "
                    + "give one K, or a ratio for all."
            );
        }

        var values = NpyVector.Read(path, heads[0]);
        for (var k = 0; k < values.Length; k++)
        {
            if (values[k] >= 0 && (infinite || double.IsFinite(values[k])))
                continue;
            throw NpyFile.Refuse(
                path,
                Text(values[k]),
                $"asks for a size of {Text(values[k])} of cluster {k}: "
                    + $"give a number of at least 0{(infinite ? ", or infinity for no maximum" : "")}."
            );
        }

        return new SizeFile(option, path, values);
    }

    /// <summary>The typed error of a size in this file.</summary>
    public InvalidFileException Refuse(double value, string problem) => NpyFile.Refuse(Path, Text(value), problem);

    /// <summary>A size in a message.</summary>
    public static string Text(double size) => size.ToString("G9", CultureInfo.InvariantCulture);
}
