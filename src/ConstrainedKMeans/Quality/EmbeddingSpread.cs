namespace CoKe.ConstrainedKMeans;

/// <summary>
/// How different embeddings are from each other: 1 - |mean of x|^2 / mean of |x|^2, from 0 (all are one vector) to 1 (they point
/// everywhere). It is their variance over their mean square, and of unit vectors one minus the square of the mean resultant length. Sums
/// are in double precision, so that a million equal rows are still equal. Not safe for several threads.
/// </summary>
/// <param name="dimension">d.</param>
public sealed class EmbeddingSpread(int dimension)
{
    readonly double[] _sum = new double[dimension];
    double _squares;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The spread of the rows so far, 0 to 1; null with fewer than two of them, or where all are zero.</summary>
    public double? Value
    {
        get
        {
            if (Rows < 2 || !(_squares > 0))
                return null;
            var squared = 0.0;
            foreach (var s in _sum)
                squared += s * s;
            return Math.Clamp(1 - (squared / (_squares * Rows)), 0, 1);
        }
    }

    /// <summary>Adds rows.</summary>
    /// <param name="embeddings">Rows x d, row-major, of any length each.</param>
    /// <exception cref="ArgumentException">They are no whole number of rows.</exception>
    public void Add(ReadOnlySpan<float> embeddings)
    {
        if (embeddings.Length % _sum.Length != 0)
            throw new ArgumentException($"{embeddings.Length} values are no whole number of rows of {_sum.Length}.", nameof(embeddings));
        for (var row = 0; row < embeddings.Length; row += _sum.Length)
        {
            var x = embeddings.Slice(row, _sum.Length);
            for (var i = 0; i < x.Length; i++)
            {
                _sum[i] += x[i];
                _squares += (double)x[i] * x[i];
            }
        }

        Rows += embeddings.Length / _sum.Length;
    }

    /// <summary>The spread of all rows of a matrix.</summary>
    /// <param name="embeddings">Rows x d, row-major.</param>
    /// <param name="dimension">d.</param>
    public static double? Of(ReadOnlySpan<float> embeddings, int dimension)
    {
        var spread = new EmbeddingSpread(dimension);
        spread.Add(embeddings);
        return spread.Value;
    }

    /// <summary>The spread of rows wherever they are, to the same bits.</summary>
    /// <param name="rows">N rows.</param>
    public static double? Of(RowSource rows)
    {
        var spread = new EmbeddingSpread(rows.Dimension);
        rows.Scan((_, values) => spread.Add(values));
        return spread.Value;
    }
}
