using System.Collections.Concurrent;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Passes over all rows, or a sample, at given prices: every row goes to a cluster of highest x . c_k + rho_k, stays where it is if that is
/// one of them, and contends where another is close. Sums are whole numbers, so threads and the order of rows do not matter.
/// </summary>
sealed unsafe class PricePass : IDisposable
{
    /// <summary>The narrowest window: some times what float32 loses of x . c + rho with prices below <see cref="LargestPrice"/>.</summary>
    public const long LeastWindow = 8 * RowContest.Rounding;

    /// <summary>Prices of optima lie within: similarities differ by 2 at most.</summary>
    public const double LargestPrice = 4;

    // Chunks in hand at once: enough for the threads, and in the worst case, where every cluster contends, no more than a room full.
    public const int FewestChunksTogether = 4;
    const int MostChunksTogether = 16;

    readonly ScoringMatrix _matrix;
    readonly RowSource _rows;
    readonly RowSample _sample;
    readonly ParallelOptions _parallel;
    readonly AlignedMemory<float> _rho;
    readonly AlignedMemory<float> _nothing; // prices of 0
    readonly ConcurrentBag<Room> _idle = [];
    readonly RowContest[] _contests;
    int _firstChunk; // of the next pass: where the last one had no more room

    /// <param name="rows">N rows.</param>
    /// <param name="matrix">The centers; its duals are not used.</param>
    /// <param name="sample">The rows that are passed over; they are numbered as they are in it.</param>
    /// <param name="threads">Threads to score with.</param>
    /// <param name="cancellation">Stops a pass between chunks.</param>
    public PricePass(RowSource rows, ScoringMatrix matrix, RowSample sample, int threads, CancellationToken cancellation)
    {
        (_rows, _matrix, _sample) = (rows, matrix, sample);
        _parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        (_rho, _nothing) = (new(matrix.PaddedClusterCount), new(matrix.PaddedClusterCount));
        for (var k = matrix.ClusterCount; k < matrix.PaddedClusterCount; k++)
            _nothing.Pointer[k] = float.NegativeInfinity;
        var together = Contenders.RoomFor(sample.Rows, matrix.ClusterCount) / (ScoringMatrix.LargestChunk * (long)matrix.ClusterCount);
        _contests =
        [
            .. Enumerable.Range(0, (int)Math.Clamp(together, FewestChunksTogether, MostChunksTogether)).Select(_ => new RowContest()),
        ];
    }

    /// <summary>Passes so far, and what was charged.</summary>
    public int Passes { get; private set; }

    /// <summary>Counts passes over a sample as the passes over all rows that they cost.</summary>
    public void Charge(int passes) => Passes += passes;

    /// <summary>Whether all rows that the window of the last pass lets change are among its contenders.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The sum over rows of their highest x . c, as of the last pass that labeled; fixed-point.</summary>
    public Int128 Highest { get; private set; }

    /// <summary>Rows whose label was not their most similar center's in the last pass.</summary>
    public int Moved { get; private set; }

    int Chunks => ((_sample.Count - 1) / ScoringMatrix.LargestChunk) + 1;

    /// <summary>Labels all rows.</summary>
    /// <param name="prices">rho_k, K fixed-point numbers.</param>
    /// <param name="labels">The cluster of each row, or -1; changes only where another is better.</param>
    /// <param name="contenders">Receives the rows that the window lets change.</param>
    /// <param name="window">
    /// How far below a row's best a cluster still contends, fixed-point; becomes smaller when there is no room. Where there is not even
    /// room for all rows of the narrowest window, because many tie, some are left out, and come first next time.
    /// </param>
    /// <returns>The sum over rows of max_k (x . c_k + rho_k).</returns>
    public Int128 Label(long[] prices, int[] labels, Contenders contenders, ref long window)
    {
        (Passes, Highest, Moved) = (Passes + 1, 0, 0);
        contenders.Clear();
        for (var k = 0; k < _matrix.PaddedClusterCount; k++)
        {
            _rho.Pointer[k] = k < prices.Length ? (float)FixedPoint.ToDouble(prices[k]) : float.NegativeInfinity;
        }

        var total = Int128.Zero;
        int? full = null;
        var begin = _firstChunk;
        // Few chunks at first, more when it turns out that the window fits: what contends is held twice for a moment.
        for (int done = 0, together = 1; done < Chunks;)
        {
            var (from, wide, most) = (done, full is null ? window : -1, Math.Min(together, Chunks - done));
            Parallel.For(0, most, _parallel, c =>
                Score((begin + from + c) % Chunks, (first, count, similarities) =>
                    _contests[c]
                        .Label(first, count, similarities, _rho.Pointer, _nothing.Pointer, _matrix.PaddedClusterCount, prices, labels, wide)
                )
            );
            for (var c = 0; c < most; c++)
            {
                total += _contests[c].Total;
                Highest += _contests[c].Highest;
                Moved += _contests[c].Moved;
                if (full is null && !Collect(_contests[c], prices, contenders, ref window))
                    full = (begin + done + c) % Chunks;
            }

            done += most;
            together = window < wide ? together : Math.Min(2 * together, _contests.Length);
        }

        (_firstChunk, IsComplete) = (full ?? _firstChunk, full is null);
        contenders.List(labels);
        return total;
    }

    /// <summary>The sum over rows of x . c of their labels, fixed-point; the labels stay as they are.</summary>
    public Int128 SimilaritySum(int[] labels)
    {
        Passes++;
        var sums = new long[Chunks];
        var moved = new int[Chunks];
        Parallel.For(0, Chunks, _parallel, chunk => Score(chunk, (first, count, similarities) =>
            {
                for (var i = 0; i < count; i++)
                {
                    var s = similarities + (long)i * _matrix.PaddedClusterCount;
                    sums[chunk] += FixedPoint.Of(s[labels[first + i]]);
                    if (s[labels[first + i]] < RowContest.Best(s, _nothing.Pointer, _matrix.PaddedClusterCount))
                        moved[chunk]++;
                }
            }));
        Moved = moved.Sum();
        return sums.Aggregate(Int128.Zero, (sum, part) => sum + part);
    }

    /// <summary>For every row of some clusters the cheapest of some others, and what the move costs at these prices.</summary>
    /// <param name="prices">rho_k, fixed-point.</param>
    /// <param name="labels">The cluster of each row.</param>
    /// <param name="givers">K values: whether rows of the cluster are asked.</param>
    /// <param name="takers">The clusters they could go to, at least one.</param>
    /// <returns>Per row cost and cluster; the cluster is -1 where a row was not asked.</returns>
    public (float[] Costs, int[] Targets) Offers(long[] prices, int[] labels, bool[] givers, int[] takers)
    {
        Passes++;
        var costs = new float[_sample.Count];
        var targets = new int[_sample.Count];
        Parallel.For(0, Chunks, _parallel, chunk => Score(chunk, (first, count, similarities) =>
            {
                for (var i = 0; i < count; i++)
                {
                    var (row, own) = (first + i, labels[first + i]);
                    targets[row] = -1;
                    if (!givers[own])
                        continue;
                    var s = similarities + (long)i * _matrix.PaddedClusterCount;
                    var best = long.MinValue;
                    foreach (var k in takers)
                    {
                        var score = FixedPoint.Of(s[k]) + prices[k];
                        if (score > best && k != own)
                            (best, targets[row]) = (score, k);
                    }

                    costs[row] = (float)FixedPoint.ToDouble(FixedPoint.Of(s[own]) + prices[own] - best);
                }
            }));
        return (costs, targets);
    }

    /// <summary>Frees the similarities.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out var room))
            room.Similarities.Dispose();
        _rho.Dispose();
        _nothing.Dispose();
    }

    void Score(int chunk, ChunkWork work)
    {
        var first = chunk * ScoringMatrix.LargestChunk;
        var count = Math.Min(ScoringMatrix.LargestChunk, _sample.Count - first);
        if (!_idle.TryTake(out var room))
            room = new(new((long)ScoringMatrix.LargestChunk * _matrix.PaddedClusterCount), new());
        _matrix.Similarities(Rows(first, count, room.Buffer), count, room.Similarities.Pointer);
        work(first, count, room.Similarities.Pointer);
        _idle.Add(room);
    }

    ReadOnlySpan<float> Rows(int first, int count, RowBuffer buffer)
    {
        if (_sample.Stride == 1)
            return _rows.Range(first, count, buffer);
        Span<int> sampled = stackalloc int[count];
        for (var i = 0; i < count; i++)
            sampled[i] = _sample.RowAt(first + i);
        var values = buffer.Of(count * _matrix.Dimension);
        _rows.Gather(sampled, values);
        return values;
    }

    // What a chunk in hand takes: rows x padded K similarities, and the rows where they do not lie in memory.
    readonly record struct Room(AlignedMemory<float> Similarities, RowBuffer Buffer);

    // Rows first to first + count - 1 and their similarities, a padded row each.
    delegate void ChunkWork(int first, int count, float* similarities);

    // Takes over what contends in one chunk, and narrows the window until it fits; false when the narrowest does not.
    static bool Collect(RowContest contest, long[] prices, Contenders contenders, ref long window)
    {
        for (var r = 0; r < contest.Count; r++)
        {
            while (!contest.TryAdd(r, prices, window, contenders))
            {
                if (window / 2 < LeastWindow)
                    return false;
                window /= 2;
                contenders.Narrow(prices, window);
            }
        }

        return true;
    }
}
