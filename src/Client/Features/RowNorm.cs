using System.Globalization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Norms of feature rows, which must have a direction, and how rows become unit vectors.</summary>
static class RowNorm
{
    /// <summary>Rows this close to norm 1 are left bit for bit as they are.</summary>
    public const double UnitTolerance = 1e-4;

    /// <summary>The norm of one row.</summary>
    /// <param name="values">The row.</param>
    /// <param name="row">Its number.</param>
    /// <param name="path">The file it is of; null: none.</param>
    /// <exception cref="InvalidEmbeddingsException">The row holds NaN or infinity, or is zero.</exception>
    public static double Of(ReadOnlySpan<float> values, long row, string? path)
    {
        var squared = 0.0;
        for (var i = 0; i < values.Length; i++) squared += (double)values[i] * values[i];
        if (squared > 0 && double.IsFinite(squared)) return Math.Sqrt(squared);

        var at = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue); // NaN and the infinities lie outside every range
        throw at < 0
            ? new InvalidEmbeddingsException($"features[{row}]", "0", $"{Name(row, path)} is zero: it has no direction to cluster by; leave it out.")
            : new InvalidEmbeddingsException($"features[{row}][{at}]", Text(values[at]), $"{Name(row, path)} holds {Text(values[at])} at {at}: features must be finite numbers.");
    }

    /// <summary>A row in a message.</summary>
    public static string Name(long row, string? path) => path is null ? $"Row {row}" : $"Row {row} of {path}";

    /// <summary>True when rows with norms in this range are unit vectors, and stay as they are.</summary>
    public static bool AreUnit(double smallest, double largest) => smallest >= 1 - UnitTolerance && largest <= 1 + UnitTolerance;

    /// <summary>Divides one row by its norm.</summary>
    public static void Divide(Span<float> values, double norm)
    {
        foreach (ref var x in values) x = (float)(x / norm);
    }

    /// <summary>What is done to rows with norms in this range, one sentence for people.</summary>
    /// <param name="smallest">The smallest norm.</param>
    /// <param name="largest">The largest norm.</param>
    /// <param name="description">What of a file was read, where that is not all; else empty.</param>
    public static string Preparation(double smallest, double largest, string description) =>
        (description.Length == 0 ? "" : description + "; ")
        + (AreUnit(smallest, largest) ? "rows are unit vectors already"
            : $"rows had norms {Text(smallest)} to {Text(largest)} and were L2-normalized");

    /// <summary>A value in a message.</summary>
    public static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
