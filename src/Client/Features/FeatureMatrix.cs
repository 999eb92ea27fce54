using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Ready-made features: one unit row per image, the image's id is its row.</summary>
sealed class FeatureMatrix
{
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
    /// <param name="path">An .npy or .npz file, N x d.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">The file cannot be used.</exception>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, is zero, or has another norm and must not be normalized.</exception>
    public static FeatureMatrix Read(string path, bool normalize = true)
    {
        using var matrix = NpyMatrix.Open(path);
        return Read(matrix, path, normalize);
    }

    /// <summary>As above, of a file that is open.</summary>
    public static FeatureMatrix Read(NpyMatrix matrix, string path, bool normalize = true) =>
        Prepare(matrix.Rows, matrix.Columns, matrix.ReadAll(), normalize, path, matrix.Description);

    /// <summary>Checks rows and normalizes them in place; <paramref name="values"/> is handed over.</summary>
    public static FeatureMatrix Prepare(
        int rows, int dimension, float[] values, bool normalize = true, string? path = null, string description = "")
    {
        var norms = new double[rows];
        for (var row = 0; row < rows; row++) norms[row] = RowNorm.Of(values.AsSpan(row * dimension, dimension), row, path);
        double smallest = norms.Min(), largest = norms.Max();
        var preparation = RowNorm.Preparation(smallest, largest, description);
        if (RowNorm.AreUnit(smallest, largest)) return new(rows, dimension, values, preparation);

        if (!normalize)
        {
            var row = Array.FindIndex(norms, norm => !RowNorm.AreUnit(norm, norm));
            throw new InvalidEmbeddingsException($"features[{row}]", RowNorm.Text(norms[row]),
                $"{RowNorm.Name(row, path)} has norm {RowNorm.Text(norms[row])}, not 1: leave --no-normalize out, or normalize the rows yourself.");
        }

        for (var row = 0; row < rows; row++) RowNorm.Divide(values.AsSpan(row * dimension, dimension), norms[row]);
        return new(rows, dimension, values, preparation);
    }

    /// <summary>The rows of the given images, one after another.</summary>
    public float[] Gather(ReadOnlySpan<int> images)
    {
        var gathered = GC.AllocateUninitializedArray<float>(images.Length * Dimension);
        Gather(images, gathered);
        return gathered;
    }

    /// <summary>As above, into rows x d values of the caller.</summary>
    public void Gather(ReadOnlySpan<int> images, Span<float> gathered)
    {
        for (var i = 0; i < images.Length; i++) Row(images[i]).CopyTo(gathered.Slice(i * Dimension, Dimension));
    }

    /// <summary>The d values of one image.</summary>
    public ReadOnlySpan<float> Row(int image) => Values.AsSpan(image * Dimension, Dimension);
}
