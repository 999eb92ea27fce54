namespace CoKe.ConstrainedKMeans;

/// <summary>Rows in memory: in one array, or in several one after the other where N d is more than an array holds.</summary>
public class MemoryRows : RowSource
{
    readonly ReadOnlyMemory<float>[] _blocks;
    readonly int _blockRows; // of every block but the last, which may have fewer

    /// <summary>Rows of one array, which is not copied.</summary>
    /// <param name="values">N x d, row-major.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The values are no whole number of rows.</exception>
    public MemoryRows(ReadOnlyMemory<float> values, int dimension)
        : this([values], dimension) { }

    /// <summary>Rows of several arrays, which are not copied.</summary>
    /// <param name="blocks">Whole rows each, at least one block; all of one length, but the last, which may be shorter.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A block is no whole number of rows, or of another length; or there are more rows than an array has places.
    /// </exception>
    public MemoryRows(IReadOnlyList<ReadOnlyMemory<float>> blocks, int dimension)
        : base(CountRows(blocks, dimension), dimension)
    {
        _blocks = [.. blocks];
        _blockRows = Math.Max(1, blocks[0].Length / dimension);
    }

    /// <inheritdoc/>
    public sealed override bool IsInMemory => true;

    /// <inheritdoc/>
    public sealed override ReadOnlySpan<float> Range(int first, int count, RowBuffer buffer)
    {
        CheckRange(first, count);
        if (count == 0)
            return default;
        var (block, row) = Math.DivRem(first, _blockRows);
        if (count <= _blockRows - row)
            return _blocks[block].Span.Slice(row * Dimension, count * Dimension);

        var values = buffer.Of(count * Dimension);
        for (var i = 0; i < count;)
        {
            (block, row) = Math.DivRem(first + i, _blockRows);
            var together = Math.Min(count - i, _blockRows - row);
            _blocks[block].Span.Slice(row * Dimension, together * Dimension).CopyTo(values[(i * Dimension)..]);
            i += together;
        }

        return values;
    }

    /// <inheritdoc/>
    public sealed override void Gather(ReadOnlySpan<int> rows, Span<float> values)
    {
        CheckRows(rows, values);
        if (_blocks.Length == 1)
        {
            var all = _blocks[0].Span;
            for (var i = 0; i < rows.Length; i++)
                all.Slice(rows[i] * Dimension, Dimension).CopyTo(values.Slice(i * Dimension, Dimension));
            return;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var (block, row) = Math.DivRem(rows[i], _blockRows);
            _blocks[block].Span.Slice(row * Dimension, Dimension).CopyTo(values.Slice(i * Dimension, Dimension));
        }
    }

    static int CountRows(IReadOnlyList<ReadOnlyMemory<float>> blocks, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfZero(blocks.Count);
        for (var b = 0; b < blocks.Count; b++)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(blocks[b].Length % dimension, 0);
            if (b < blocks.Count - 1)
                ArgumentOutOfRangeException.ThrowIfNotEqual(blocks[b].Length, blocks[0].Length);
            else
                ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks[b].Length, blocks[0].Length);
        }

        var rows = blocks.Sum(block => (long)block.Length / dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Array.MaxLength);
        return (int)rows;
    }
}
