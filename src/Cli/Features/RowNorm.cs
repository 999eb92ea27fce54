using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Features;

/// <summary>Norms of feature rows, which must have a direction, and how rows become unit vectors.</summary>
static class RowNorm
{
    /// <summary>Rows this close to norm 1 are left bit for bit as they are.</summary>
    public const double UnitTolerance = 1e-4;

    /// <summary>The norm of one row.</summary>
    /// <param name="values">The row.</param>
    /// <param name="row">Its number.</param>
    /// <param name="input">What it is read from; null: nothing.</param>
    /// <exception cref="InvalidEmbeddingsException">The row holds NaN or infinity, or is zero.</exception>
    public static double Of(ReadOnlySpan<float> values, long row, FeatureInput? input)
    {
        var squared = Squared(values);
        if (squared > 0 && double.IsFinite(squared))
            return Math.Sqrt(squared);

        var at = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue); // NaN and the infinities lie outside every range
        throw at < 0
            ? new InvalidEmbeddingsException(
                $"features[{row}]",
                "0",
                $"{Name(row, input)} is zero: it has no direction to cluster by; leave it out."
            )
            : new InvalidEmbeddingsException(
                $"features[{row}][{at}]",
                Text(values[at]),
                $"{Name(row, input)} holds {Text(values[at])} at {at}: features must be finite numbers."
            );
    }

    /// <summary>The norms of rows that follow one another, by all processors.</summary>
    /// <param name="values">Rows x d.</param>
    /// <param name="dimension">d.</param>
    /// <param name="norms">Receives a norm for each row.</param>
    /// <param name="first">The number of the first row.</param>
    /// <param name="input">What they are read from; null: nothing.</param>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, or is zero; names the first.</exception>
    public static unsafe void Of(ReadOnlySpan<float> values, int dimension, Span<double> norms, long first, FeatureInput? input)
    {
        fixed (float* x = values)
        fixed (double* to = norms)
        {
            var (rows, norm) = ((nint)x, (nint)to);
            Parallel.For(0, norms.Length, row =>
                ((double*)norm)[row] = Squared(new ReadOnlySpan<float>((float*)rows + ((long)row * dimension), dimension))
            );
        }

        for (var row = 0; row < norms.Length; row++)
        {
            norms[row] =
                norms[row] > 0 && double.IsFinite(norms[row])
                    ? Math.Sqrt(norms[row])
                    : Of(values.Slice(row * dimension, dimension), first + row, input); // throws
        }
    }

    /// <summary>Refuses the first row that is no unit vector.</summary>
    public static InvalidEmbeddingsException NotUnit(double[] norms, FeatureInput? input)
    {
        var row = Array.FindIndex(norms, norm => !AreUnit(norm, norm));
        return new(
            $"features[{row}]",
            Text(norms[row]),
            $"{Name(row, input)} has norm {Text(norms[row])}, not 1: leave --no-normalize out, or normalize the rows yourself."
        );
    }

    /// <summary>A row in a message.</summary>
    public static string Name(long row, FeatureInput? input) => input is null ? $"Row {row}" : input.NameOf(row);

    /// <summary>True when rows with norms in this range are unit vectors, and stay as they are.</summary>
    public static bool AreUnit(double smallest, double largest) => smallest >= 1 - UnitTolerance && largest <= 1 + UnitTolerance;

    /// <summary>Divides one row by its norm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Divide(Span<float> values, double norm)
    {
        var i = 0;
        var by = Vector512.Create(norm);
        for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            // as doubles, each rounded once on its way back: the bits of the line below
            var (low, high) = Vector512.Widen(Vector512.Create<float>(values[i..]));
            Vector512.Narrow(low / by, high / by).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
            values[i] = (float)(values[i] / norm);
    }

    /// <summary>What is done to rows with norms in this range, one sentence for people.</summary>
    /// <param name="smallest">The smallest norm.</param>
    /// <param name="largest">The largest norm.</param>
    /// <param name="description">What of a file was read, where that is not all; else empty.</param>
    public static string Preparation(double smallest, double largest, string description) =>
        (description.Length == 0 ? "" : description + "; ")
        + (
            AreUnit(smallest, largest)
                ? "rows are unit vectors already"
                : $"rows had norms {Text(smallest)} to {Text(largest)} and were L2-normalized"
        );

    // In one order, so that a norm is the same wherever it is computed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static double Squared(ReadOnlySpan<float> values)
    {
        var squared = 0.0;
        for (var i = 0; i < values.Length; i++)
            squared += (double)values[i] * values[i];
        return squared;
    }

    /// <summary>A value in a message.</summary>
    public static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
