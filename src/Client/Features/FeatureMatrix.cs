using System.Globalization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Ready-made features: one unit row per image, the image's id is its row.</summary>
sealed class FeatureMatrix
{
    /// <summary>Rows this close to norm 1 are left bit for bit as they are.</summary>
    const double UnitTolerance = 1e-4;

    FeatureMatrix(int rows, int dimension, float[] values, string preparation) =>
        (Rows, Dimension, Values, Preparation) = (rows, dimension, values, preparation);

    /// <summary>N.</summary>
    public int Rows { get; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>N x d, row-major, every row of norm 1.</summary>
    public float[] Values { get; }

    /// <summary>What was done to the rows, one sentence for people.</summary>
    public string Preparation { get; }

    /// <summary>Reads features and L2-normalizes their rows unless all are unit vectors already.</summary>
    /// <param name="path">An .npy file, N x d, float32 or float64.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">The file cannot be used.</exception>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, is zero, or has another norm and must not be normalized.</exception>
    public static FeatureMatrix Read(string path, bool normalize = true)
    {
        var (rows, columns, values) = NpyFile.ReadMatrix(path);
        return Prepare(rows, columns, values, normalize);
    }

    /// <summary>Checks rows and normalizes them in place; <paramref name="values"/> is handed over.</summary>
    public static FeatureMatrix Prepare(int rows, int dimension, float[] values, bool normalize = true)
    {
        var norms = new double[rows];
        for (var row = 0; row < rows; row++) norms[row] = CheckedNorm(values.AsSpan(row * dimension, dimension), row);
        double smallest = norms.Min(), largest = norms.Max();
        if (smallest >= 1 - UnitTolerance && largest <= 1 + UnitTolerance) return new(rows, dimension, values, "rows are unit vectors already");

        if (!normalize)
        {
            var row = Array.FindIndex(norms, norm => Math.Abs(norm - 1) > UnitTolerance);
            throw new InvalidEmbeddingsException($"features[{row}]", Text(norms[row]),
                $"Row {row} has norm {Text(norms[row])}, not 1: leave --no-normalize out, or normalize the rows yourself.");
        }

        for (var row = 0; row < rows; row++)
        {
            foreach (ref var x in values.AsSpan(row * dimension, dimension)) x = (float)(x / norms[row]);
        }

        return new(rows, dimension, values, $"rows had norms {Text(smallest)} to {Text(largest)} and were L2-normalized");
    }

    /// <summary>The rows of the given images, one after another.</summary>
    public float[] Gather(ReadOnlySpan<int> images)
    {
        var gathered = GC.AllocateUninitializedArray<float>(images.Length * Dimension);
        for (var i = 0; i < images.Length; i++) Row(images[i]).CopyTo(gathered.AsSpan(i * Dimension));
        return gathered;
    }

    /// <summary>The d values of one image.</summary>
    public ReadOnlySpan<float> Row(int image) => Values.AsSpan(image * Dimension, Dimension);

    static double CheckedNorm(ReadOnlySpan<float> values, int row)
    {
        var squared = 0.0;
        for (var i = 0; i < values.Length; i++) squared += (double)values[i] * values[i];
        if (squared > 0 && double.IsFinite(squared)) return Math.Sqrt(squared);

        var at = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue); // NaN and the infinities lie outside every range
        throw at < 0
            ? new InvalidEmbeddingsException($"features[{row}]", "0", $"Row {row} is zero: it has no direction to cluster by; leave it out.")
            : new InvalidEmbeddingsException($"features[{row}][{at}]", Text(values[at]), $"Row {row} holds {Text(values[at])} at {at}: features must be finite numbers.");
    }

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
