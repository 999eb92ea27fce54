using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Features;

/// <summary>Ready-made features in memory: one unit row per image, the image's id is its row.</summary>
sealed class FeatureMatrix : MemoryRows
{
    readonly float[][] _blocks;

    FeatureMatrix(float[][] blocks, int dimension, string preparation)
        : base([.. blocks.Select(block => new ReadOnlyMemory<float>(block))], dimension) => (_blocks, Preparation) = (blocks, preparation);

    /// <summary>N x d, row-major, every row of norm 1, where one array holds them all.</summary>
    public float[] Values => _blocks.Single();

    /// <summary>What was done to the rows, one sentence for people.</summary>
    public string Preparation { get; }

    /// <summary>Reads features and L2-normalizes their rows unless all are unit vectors already.</summary>
    /// <param name="path">An .npy or .npz file, N x d, or a folder of shards.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">The file cannot be used.</exception>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, is zero, or has another norm and must not be
    /// normalized.</exception>
    public static FeatureMatrix Read(string path, bool normalize = true)
    {
        using var input = FeatureInput.Open(path);
        return Read(input, normalize);
    }

    /// <summary>As above, of what is open.</summary>
    /// <param name="input">The files.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <param name="blockValues">Values of one array at most; rows lie in several where they have more.</param>
    public static FeatureMatrix Read(FeatureInput input, bool normalize = true, int? blockValues = null)
    {
        var (rows, d) = (input.Rows, input.Columns);
        var most = Math.Max(1, (blockValues ?? Array.MaxLength) / d);
        var blocks = new float[(rows + (long)most - 1) / most][];
        input.Rewind();
        for (var b = 0; b < blocks.Length; b++)
        {
            blocks[b] = GC.AllocateUninitializedArray<float>(Math.Min(most, rows - (b * most)) * d);
            input.Read(blocks[b]);
        }

        return Prepare(rows, d, blocks, normalize, input);
    }

    /// <summary>Checks rows and normalizes them in place; <paramref name="values"/> is handed over.</summary>
    public static FeatureMatrix Prepare(int rows, int dimension, float[] values, bool normalize = true) =>
        Prepare(rows, dimension, [values], normalize, null);

    /// <summary>The rows of the given images, one after another.</summary>
    public float[] Gather(ReadOnlySpan<int> images)
    {
        var gathered = GC.AllocateUninitializedArray<float>(images.Length * Dimension);
        Gather(images, gathered);
        return gathered;
    }

    /// <summary>The d values of one image.</summary>
    public ReadOnlySpan<float> Row(int image) => Range(image, 1, new());

    static FeatureMatrix Prepare(int rows, int dimension, float[][] blocks, bool normalize, FeatureInput? input)
    {
        var norms = new double[rows];
        var first = 0;
        foreach (var block in blocks)
        {
            var count = block.Length / dimension;
            RowNorm.Of(block, dimension, norms.AsSpan(first, count), first, input);
            first += count;
        }

        double smallest = norms.Min(),
            largest = norms.Max();
        var preparation = RowNorm.Preparation(smallest, largest, input?.Description ?? "");
        if (RowNorm.AreUnit(smallest, largest))
            return new(blocks, dimension, preparation);
        if (!normalize)
            throw RowNorm.NotUnit(norms, input);
        first = 0;
        foreach (var block in blocks)
        {
            var (from, count) = (first, block.Length / dimension);
            Parallel.For(0, count, row => RowNorm.Divide(block.AsSpan(row * dimension, dimension), norms[from + row]));
            first += count;
        }

        return new(blocks, dimension, preparation);
    }
}
