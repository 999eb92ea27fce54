using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Features;

/// <summary>Features that are ready to be clustered or labeled, wherever they lie; what is held of their files is let go with this
/// object.</summary>
/// <param name="Rows">Unit rows, N x d.</param>
/// <param name="Preparation">What was done to the rows, one sentence for people.</param>
sealed record PreparedRows(RowSource Rows, string Preparation) : IDisposable
{
    /// <summary>Reads features into memory, or leaves them in their files.</summary>
    /// <param name="source">The files.</param>
    /// <param name="inFiles">Leaves them there.</param>
    /// <param name="normalize">False refuses rows that are no unit vectors.</param>
    /// <exception cref="InvalidFileException">A file cannot be used.</exception>
    /// <exception cref="InvalidEmbeddingsException">A row holds NaN or infinity, is zero, or has another norm and must not be
    /// normalized.</exception>
    public static PreparedRows Open(FeatureInput source, bool inFiles, bool normalize = true)
    {
        if (inFiles)
        {
            var left = FileRows.Open(source, normalize);
            return new PreparedRows(left, left.Preparation);
        }

        var held = FeatureMatrix.Read(source, normalize);
        return new PreparedRows(held, held.Preparation);
    }

    /// <inheritdoc/>
    public void Dispose() => (Rows as IDisposable)?.Dispose();
}
