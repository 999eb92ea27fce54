namespace CoKe.ConstrainedKMeans;

/// <summary>
/// All rows, or one of every so many: a row of each stretch, drawn by its number, so that neither sorted rows nor a period in them
/// misleads.
/// </summary>
/// <param name="Rows">N, at least 1.</param>
/// <param name="Stride">1: all rows.</param>
readonly record struct RowSample(int Rows, int Stride)
{
    /// <summary>Rows of the sample.</summary>
    public int Count => ((Rows - 1) / Stride) + 1;

    /// <summary>Where row i of the sample is among all.</summary>
    public int RowAt(int i) => Stride == 1 ? i : (int)Math.Min(Rows - 1, (long)i * Stride + ((uint)i * 2654435761u >> 8) % Stride);
}
