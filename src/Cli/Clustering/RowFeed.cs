using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Clustering;

/// <summary>The mini-batches of one pass. Of rows that are read from files the next batch is read while one is clustered.</summary>
/// <param name="rows">All rows.</param>
/// <param name="batchSize">B: rows of every batch but the last.</param>
sealed class RowFeed(RowSource rows, int batchSize)
{
    readonly float[][] _values = new float[rows.IsInMemory ? 1 : 2][];

    /// <summary>Gathers the batches, one after another; the values of a batch stand until the next is asked for.</summary>
    /// <param name="order">The rows in the order of the pass.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public IEnumerable<(ReadOnlyMemory<int> Images, ReadOnlyMemory<float> Values)> Batches(int[] order, CancellationToken cancellation)
    {
        var reading = Task.CompletedTask;
        try
        {
            for (int first = 0, batch = 0; first < order.Length; batch++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (rows.IsInMemory || first == 0)
                    Gather(order, first, batch);
                else
                    reading.GetAwaiter().GetResult();
                var images = ImagesOf(order, first);
                first += images.Length;
                var (next, after) = (first, batch + 1);
                if (!rows.IsInMemory && next < order.Length)
                    reading = Task.Run(() => Gather(order, next, after), CancellationToken.None);
                yield return (images, _values[batch % _values.Length].AsMemory(0, images.Length * rows.Dimension));
            }
        }
        finally
        {
            ((IAsyncResult)reading).AsyncWaitHandle.WaitOne(); // nobody writes into values that have been left
        }
    }

    void Gather(int[] order, int first, int batch)
    {
        var images = ImagesOf(order, first);
        ref var values = ref _values[batch % _values.Length];
        values ??= new float[Math.Min(batchSize, order.Length) * rows.Dimension];
        rows.Gather(images.Span, values.AsSpan(0, images.Length * rows.Dimension));
    }

    ReadOnlyMemory<int> ImagesOf(int[] order, int first) => order.AsMemory(first, Math.Min(batchSize, order.Length - first));
}
