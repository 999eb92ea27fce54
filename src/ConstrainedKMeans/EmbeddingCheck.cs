using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>Checks a mini-batch before anything changes.</summary>
public static class EmbeddingCheck
{
    /// <summary>How far a norm may be off 1: float32 and half precision trainers both stay within it.</summary>
    const float Tolerance = 1e-3f;

    /// <summary>
    /// Refuses embeddings that are not finite or of the wrong norm: one view has norm 1, the mean of several at most 1 and not 0 (eqn 17).
    /// </summary>
    /// <param name="embeddings">Rows x d, row-major.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="dimension">d.</param>
    /// <param name="views">Views that were averaged.</param>
    /// <exception cref="InvalidEmbeddingsException">Names the first row that is wrong.</exception>
    public static void Validate(ReadOnlySpan<float> embeddings, int rows, int dimension, int views)
    {
        Validate(embeddings, 0, rows, dimension, views);
    }

    /// <summary>As above, of all rows, wherever they are.</summary>
    /// <param name="rows">At least one row.</param>
    /// <param name="views">Views that were averaged.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="InvalidEmbeddingsException">Names the first row that is wrong.</exception>
    public static void Validate(RowSource rows, int views, CancellationToken cancellation = default)
    {
        if (rows.Rows < 1)
            Validate(default, 0, 0, rows.Dimension, views);
        rows.Scan((first, values) => Validate(values, first, values.Length / rows.Dimension, rows.Dimension, views), cancellation);
    }

    static void Validate(ReadOnlySpan<float> embeddings, int first, int rows, int dimension, int views)
    {
        if (rows < 1)
            throw new InvalidEmbeddingsException("rows", Text(rows), "The mini-batch is empty: send at least one row.");
        if (embeddings.Length != (long)rows * dimension)
        {
            throw new InvalidEmbeddingsException(
                "embeddings",
                Text(embeddings.Length),
                $"The mini-batch has {embeddings.Length} values for {rows} rows: the run takes {dimension} per row."
            );
        }

        const float least = (1 - Tolerance) * (1 - Tolerance),
            most = (1 + Tolerance) * (1 + Tolerance);
        for (var row = 0; row < rows; row++)
        {
            var squared = SquaredNorm(embeddings.Slice(row * dimension, dimension));
            var allowed = squared <= most && (views == 1 ? squared >= least : squared > 0);
            // NaN and infinity fail every comparison above
            if (!allowed)
                throw Refuse(embeddings.Slice(row * dimension, dimension), first + row, views);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float SquaredNorm(ReadOnlySpan<float> row)
    {
        var lanes = Vector256<float>.Zero;
        var i = 0;
        for (; i <= row.Length - 8; i += 8)
        {
            var v = Vector256.Create(row[i..]);
            lanes += v * v;
        }

        var sum = Vector256.Sum(lanes);
        for (; i < row.Length; i++)
            sum += row[i] * row[i];
        return sum;
    }

    static InvalidEmbeddingsException Refuse(ReadOnlySpan<float> row, int index, int views)
    {
        var squared = 0.0;
        for (var i = 0; i < row.Length; i++)
        {
            if (!float.IsFinite(row[i]))
            {
                return new(
                    $"embeddings[{index}][{i}]",
                    Text(row[i]),
                    $"Row {index} holds {Text(row[i])} at {i}: send finite numbers only."
                );
            }

            squared += (double)row[i] * row[i];
        }

        var norm = Text(Math.Sqrt(squared));
        return new(
            $"embeddings[{index}]",
            norm,
            (squared, views) switch
            {
                (0, _) => $"Row {index} is zero: send embeddings that have a direction.",
                (_, 1) => $"Row {index} has norm {norm}: normalize it to 1 (within {Text(Tolerance)}).",
                _ => $"Row {index} has norm {norm}: the mean of {views} unit vectors is at most 1 (within {Text(Tolerance)}).",
            }
        );
    }

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
