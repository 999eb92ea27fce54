using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Features;

/// <summary>Features that are read batch by batch, so that a file may be larger than memory. The same rows as <see cref="FeatureMatrix"/>, bit for bit.</summary>
sealed class FeatureFile : IDisposable
{
    // A batch is long enough for the scoring kernel, and small beside any memory.
    const int BatchValues = 1 << 22;

    readonly NpyMatrix _matrix;
    readonly string _path;
    readonly float[] _batch;
    double? _smallest;
    double _largest;

    FeatureFile(NpyMatrix matrix, string path, int batchValues)
    {
        (_matrix, _path) = (matrix, path);
        _batch = new float[Math.Max(1, Math.Min(Rows, batchValues / Dimension)) * Dimension];
    }

    /// <summary>N.</summary>
    public int Rows => _matrix.Rows;

    /// <summary>d.</summary>
    public int Dimension => _matrix.Columns;

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="InvalidFileException">The file cannot be used.</exception>
    public static FeatureFile Open(string path, int batchValues = BatchValues) => new(NpyMatrix.Open(path), path, batchValues);

    /// <summary>Reads every row once.</summary>
    /// <returns>What <see cref="Batches"/> will do to the rows, one sentence for people.</returns>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, or is zero.</exception>
    public string Inspect()
    {
        var (smallest, largest) = (double.PositiveInfinity, 0.0);
        foreach (var (first, rows) in RawBatches())
        {
            for (var row = 0; row < rows; row++)
            {
                var norm = RowNorm.Of(Row(row), (long)first + row, _path);
                (smallest, largest) = (Math.Min(smallest, norm), Math.Max(largest, norm));
            }
        }

        (_smallest, _largest) = (smallest, largest);
        return RowNorm.Preparation(smallest, largest, _matrix.Description);
    }

    /// <summary>The rows in order, as unit vectors. The values are overwritten by the next batch.</summary>
    public IEnumerable<(int First, int Rows, ReadOnlyMemory<float> Values)> Batches()
    {
        if (_smallest is null) Inspect(); // one row alone does not tell whether all are unit vectors
        var unit = RowNorm.AreUnit(_smallest!.Value, _largest);
        foreach (var (first, rows) in RawBatches())
        {
            for (var row = 0; row < rows && !unit; row++) RowNorm.Divide(Row(row), RowNorm.Of(Row(row), (long)first + row, _path));
            yield return (first, rows, _batch.AsMemory(0, rows * Dimension));
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _matrix.Dispose();

    IEnumerable<(int First, int Rows)> RawBatches()
    {
        _matrix.Rewind();
        var most = _batch.Length / Dimension;
        for (var first = 0; first < Rows;)
        {
            var rows = Math.Min(most, Rows - first);
            _matrix.Read(_batch.AsSpan(0, rows * Dimension));
            yield return (first, rows);
            first += rows;
        }
    }

    Span<float> Row(int row) => _batch.AsSpan(row * Dimension, Dimension);
}
