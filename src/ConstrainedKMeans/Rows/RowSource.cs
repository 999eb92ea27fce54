using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// N rows of d float32 values, wherever they are: in memory, or in files that are larger than it. Whoever reads them gets the same values
/// in either case, so results do not depend on the place. N d may be above 2^31. Any number of threads may read at once.
/// </summary>
public abstract class RowSource
{
    // What a scan holds at once, 4 MB: many rows for the scoring kernel, and small beside any memory.
    const int ScanValues = 1 << 20;

    /// <summary>Rows of one length.</summary>
    /// <param name="rows">N, at least 0.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least.</exception>
    protected RowSource(int rows, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        (Rows, Dimension) = (rows, dimension);
    }

    /// <summary>N.</summary>
    public int Rows { get; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>Whether all values lie in memory: then there is nothing to be read ahead.</summary>
    public abstract bool IsInMemory { get; }

    /// <summary>Rows that follow one another: count x d values, where they lie or in the buffer.</summary>
    /// <param name="first">The first row, from 0.</param>
    /// <param name="count">Rows, at least 0; count d is at most what a span holds.</param>
    /// <param name="buffer">
    /// Room of the caller, used where the rows do not lie together in memory; the values stand until its next use.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    /// <exception cref="InvalidFileException">A file can no longer be read.</exception>
    public abstract ReadOnlySpan<float> Range(int first, int count, RowBuffer buffer);

    /// <summary>Copies any rows, one after another.</summary>
    /// <param name="rows">Their numbers, in any order; a row may be named twice.</param>
    /// <param name="values">Receives as many rows of d values.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row, or no room for exactly these.</exception>
    /// <exception cref="InvalidFileException">A file can no longer be read.</exception>
    public abstract void Gather(ReadOnlySpan<int> rows, Span<float> values);

    /// <summary>Hands over all rows in order, batch by batch; the next batch is read while one is worked on.</summary>
    /// <param name="work">Told the first row of a batch and its values, which stand until it returns.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="InvalidFileException">A file can no longer be read.</exception>
    public void Scan(RowWork work, CancellationToken cancellation = default)
    {
        var most = Math.Max(1, ScanValues / Dimension);
        if (IsInMemory)
            ScanMemory(most, work, cancellation);
        else
            ScanAhead(most, work, cancellation);
    }

    /// <summary>Bytes of buffers that a scan holds at most.</summary>
    /// <param name="dimension">d.</param>
    public static long ScanMemoryOf(int dimension) => 2L * sizeof(float) * Math.Max(ScanValues, dimension);

    /// <summary>Refuses rows that there are not.</summary>
    protected void CheckRange(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Rows);
    }

    /// <summary>Refuses numbers of rows that there are not, and room for more or fewer.</summary>
    protected void CheckRows(ReadOnlySpan<int> rows, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, (long)rows.Length * Dimension);
        foreach (var row in rows)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
    }

    void ScanMemory(int most, RowWork work, CancellationToken cancellation)
    {
        var buffer = new RowBuffer();
        for (var first = 0; first < Rows;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(most, Rows - first);
            work(first, Range(first, count, buffer));
            first += count;
        }
    }

    void ScanAhead(int most, RowWork work, CancellationToken cancellation)
    {
        RowBuffer here = new(),
            ahead = new();
        var reading = ReadAsync(0, here);
        try
        {
            for (var first = 0; first < Rows;)
            {
                cancellation.ThrowIfCancellationRequested();
                reading.GetAwaiter().GetResult();
                var count = Math.Min(most, Rows - first);
                reading = ReadAsync(first + count, ahead);
                work(first, here.Of(count * Dimension));
                first += count;
                (here, ahead) = (ahead, here);
            }
        }
        finally
        {
            ((IAsyncResult)reading).AsyncWaitHandle.WaitOne(); // nobody writes into a buffer that has been left
        }

        Task ReadAsync(int first, RowBuffer buffer) =>
            first >= Rows
                ? Task.CompletedTask
                : Task.Run(
                    () =>
                    {
                        Range(first, Math.Min(most, Rows - first), buffer);
                    },
                    CancellationToken.None
                );
    }
}

/// <summary>What is done to a batch of rows.</summary>
/// <param name="first">The number of its first row.</param>
/// <param name="values">Rows x d, row-major.</param>
public delegate void RowWork(int first, ReadOnlySpan<float> values);
