using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Features;

/// <summary>Features that are read batch by batch, so that a file may be larger than memory. The same rows as <see cref="FeatureMatrix"/>,
/// bit for bit.</summary>
sealed class FeatureFile : IDisposable
{
    // A batch is long enough for the scoring kernel, and small beside any memory.
    const int BatchValues = 1 << 22;

    readonly FeatureInput _input;
    readonly float[] _batch;
    double? _smallest;
    double _largest;

    /// <summary>Reads what is open; it is closed with this.</summary>
    public FeatureFile(FeatureInput input, int batchValues = BatchValues)
    {
        _input = input;
        _batch = new float[Math.Max(1, Math.Min(Rows, batchValues / Dimension)) * Dimension];
    }

    /// <summary>N.</summary>
    public int Rows => _input.Rows;

    /// <summary>d.</summary>
    public int Dimension => _input.Columns;

    /// <summary>Opens a file, or a folder of shards, and reads its headers.</summary>
    /// <exception cref="InvalidFileException">The file cannot be used.</exception>
    public static FeatureFile Open(string path, int batchValues = BatchValues) => new(FeatureInput.Open(path), batchValues);

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
                var norm = RowNorm.Of(Row(row), (long)first + row, _input);
                (smallest, largest) = (Math.Min(smallest, norm), Math.Max(largest, norm));
            }
        }

        (_smallest, _largest) = (smallest, largest);
        return RowNorm.Preparation(smallest, largest, _input.Description);
    }

    /// <summary>The rows in order, as unit vectors. The values are overwritten by the next batch.</summary>
    public IEnumerable<(int First, int Rows, ReadOnlyMemory<float> Values)> Batches()
    {
        if (_smallest is null)
            Inspect(); // one row alone does not tell whether all are unit vectors
        var unit = RowNorm.AreUnit(_smallest!.Value, _largest);
        foreach (var (first, rows) in RawBatches())
        {
            for (var row = 0; row < rows && !unit; row++)
                RowNorm.Divide(Row(row), RowNorm.Of(Row(row), (long)first + row, _input));
            yield return (first, rows, _batch.AsMemory(0, rows * Dimension));
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _input.Dispose();

    IEnumerable<(int First, int Rows)> RawBatches()
    {
        _input.Rewind();
        var most = _batch.Length / Dimension;
        for (var first = 0; first < Rows;)
        {
            var rows = Math.Min(most, Rows - first);
            _input.Read(_batch.AsSpan(0, rows * Dimension));
            yield return (first, rows);
            first += rows;
        }
    }

    Span<float> Row(int row) => _batch.AsSpan(row * Dimension, Dimension);
}
