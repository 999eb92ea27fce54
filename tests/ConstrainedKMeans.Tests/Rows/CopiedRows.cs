using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Tests.Rows;

/// <summary>Rows as files give them: copied with every read, and not in memory as far as anyone knows.</summary>
sealed class CopiedRows(float[] values, int dimension) : RowSource(values.Length / dimension, dimension)
{
    /// <summary>A row that can no longer be read; negative: none.</summary>
    public int Unreadable { get; init; } = -1;

    public override bool IsInMemory => false;

    public override ReadOnlySpan<float> Range(int first, int count, RowBuffer buffer)
    {
        CheckRange(first, count);
        if (Unreadable >= first && Unreadable < first + count)
            throw new InvalidFileException("x.npy", "", "x.npy cannot be read.");
        var copied = buffer.Of(count * Dimension);
        values.AsSpan(first * Dimension, count * Dimension).CopyTo(copied);
        return copied;
    }

    public override void Gather(ReadOnlySpan<int> rows, Span<float> gathered)
    {
        CheckRows(rows, gathered);
        for (var i = 0; i < rows.Length; i++)
            values.AsSpan(rows[i] * Dimension, Dimension).CopyTo(gathered[(i * Dimension)..]);
    }
}
