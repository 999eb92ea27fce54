using System.Globalization;

namespace CoKe.ConstrainedKMeans;

/// <summary>Makes unit vectors of rows: what is clustered has norm 1.</summary>
public static class RowNorms
{
    /// <summary>Divides each row by its Euclidean norm, in place.</summary>
    /// <param name="rows">n x d values, row-major.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="InvalidEmbeddingsException">A row is zero or not finite; those before it are divided already.</exception>
    public static void MakeOne(Span<float> rows, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length % dimension, 0, nameof(rows));
        for (var first = 0; first < rows.Length; first += dimension)
        {
            var row = rows.Slice(first, dimension);
            var squares = 0.0;
            foreach (var x in row)
                squares += (double)x * x;
            if (!double.IsFinite(squares) || squares == 0)
                throw new InvalidEmbeddingsException(
                    "embeddings",
                    squares.ToString(CultureInfo.InvariantCulture),
                    $"Row {first / dimension} has no direction, since it is {(squares == 0 ? "zero" : "not finite")}: leave it out."
                );
            var norm = Math.Sqrt(squares);
            foreach (ref var x in row)
                x = (float)(x / norm);
        }
    }
}
