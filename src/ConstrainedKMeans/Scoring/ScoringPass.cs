namespace CoKe.ConstrainedKMeans;

/// <summary>
/// One call of Assign, cut into chunks of rows that the caller and its helpers take from a shared counter. The caller alone can finish
/// every chunk: it waits only for chunks that a helper has begun, so a busy thread pool costs time but cannot block it. A helper that comes
/// late finds no chunk and touches nothing.
/// </summary>
/// <param name="matrix">The centers.</param>
/// <param name="embeddings">Rows x d.</param>
/// <param name="rows">Rows to score.</param>
/// <param name="chunkRows">Rows of one chunk.</param>
/// <param name="labels">Receives the best cluster of each row.</param>
/// <param name="scores">Receives its score; null: not wanted.</param>
/// <param name="similarities">Receives its similarity; null: not wanted.</param>
sealed unsafe class ScoringPass(
    ScoringMatrix matrix,
    float* embeddings,
    int rows,
    int chunkRows,
    int* labels,
    float* scores,
    float* similarities
) : IThreadPoolWorkItem
{
    readonly int _chunks = (rows + chunkRows - 1) / chunkRows;
    int _taken;
    int _done;

    /// <summary>Scores all rows and returns when every chunk is done.</summary>
    public void Run(int threads)
    {
        for (var helper = Math.Min(threads, _chunks) - 1; helper > 0; helper--)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        Execute();
        var wait = default(SpinWait);
        // others are within their last chunk: a fraction of a millisecond
        while (Volatile.Read(ref _done) < _chunks)
            wait.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Takes chunks until none is left.</summary>
    public void Execute()
    {
        ScoringScratch? scratch = null;
        for (int chunk; (chunk = Interlocked.Increment(ref _taken) - 1) < _chunks; Interlocked.Increment(ref _done))
        {
            scratch ??= matrix.RentScratch();
            var first = chunk * chunkRows;
            var size = Math.Min(chunkRows, rows - first);
            var x = embeddings + (long)first * matrix.Dimension;
            matrix.Score(scratch, x, size, labels + first, At(scores, first), At(similarities, first));
        }

        if (scratch is not null)
            matrix.ReturnScratch(scratch);
    }

    static float* At(float* values, int first) => values is null ? null : values + first;
}
