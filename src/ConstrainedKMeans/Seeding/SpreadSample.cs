namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The rows among which <see cref="SpreadCenters"/> chooses: how far each is from its nearest center, and from the candidates of a round.
/// Distances are half squared ones, 1 - x . c. Not thread safe.
/// </summary>
sealed unsafe class SpreadSample : IDisposable
{
    /// <summary>Candidates of one round.</summary>
    public const int Candidates = 32;

    // Sums are made per part, and parts are added in order: the same bits whatever the number of threads.
    const int PartRows = 256;

    // Values that are read at once.
    const int PieceValues = 1 << 20;

    readonly int rows;
    readonly int dimension;
    readonly int parts;
    readonly ParallelOptions parallel;
    readonly AlignedMemory<float> packed; // [rows / 32][d][32]
    readonly AlignedMemory<float> nearest; // from the nearest center, by row; 0 where there is no row
    readonly AlignedMemory<float> distances; // [candidate][row]
    readonly AlignedMemory<float> candidateValues; // [d][candidate]
    readonly double[] remaining; // the sum of nearest, by part
    readonly double[] partGains; // [part][candidate]
    readonly double[] gains;
    readonly int[] candidateRows = new int[Candidates];
    bool lowered; // since the candidates were scored

    /// <summary>Packs the sample; no row has a center yet.</summary>
    /// <param name="source">N rows.</param>
    /// <param name="chosen">The rows of the sample.</param>
    /// <param name="threads">Threads to use at most.</param>
    public SpreadSample(RowSource source, ReadOnlySpan<int> chosen, int threads)
    {
        (rows, dimension, parts) = (chosen.Length, source.Dimension, (chosen.Length + PartRows - 1) / PartRows);
        parallel = new() { MaxDegreeOfParallelism = threads };
        packed = new((long)PaddedRows * dimension);
        nearest = new(PaddedRows);
        distances = new((long)Candidates * PaddedRows);
        candidateValues = new((long)Candidates * dimension);
        (remaining, partGains, gains) = (new double[parts], new double[parts * Candidates], new double[Candidates]);
        var most = Math.Min(rows, Math.Max(1, PieceValues / dimension));
        var piece = new float[most * dimension];
        for (var first = 0; first < rows; first += most)
        {
            var read = chosen.Slice(first, Math.Min(most, rows - first));
            source.Gather(read, piece.AsSpan(0, read.Length * dimension));
            for (var i = 0; i < read.Length; i++)
                Pack(first + i, piece.AsSpan(i * dimension, dimension));
        }

        for (var part = 0; part < parts; part++)
            remaining[part] = SpreadTile.Sum(nearest.Pointer + part * PartRows, PartRows);
    }

    int PaddedRows => parts * PartRows;

    /// <summary>A row with probability in proportion to its distance from the nearest center; any when all are centers' twins.</summary>
    public int Draw(SeededRandom random)
    {
        var (total, last) = (0.0, random.NextInt32(rows));
        foreach (var sum in remaining)
            total += sum;
        var target = total * random.NextUniform();
        var part = 0;
        while (part < parts - 1 && target >= remaining[part])
            target -= remaining[part++];
        for (var row = part * PartRows; row < Math.Min(rows, (part + 1) * PartRows); row++)
        {
            var distance = nearest.Pointer[row];
            if (!(distance > 0))
                continue;
            (last, target) = (row, target - distance);
            if (target < 0)
                break;
        }

        return last;
    }

    /// <summary>Computes how far every row is from every candidate, and what each candidate as a center would gain.</summary>
    /// <param name="candidates">32 rows of the sample; some may be the same.</param>
    public void Score(ReadOnlySpan<int> candidates)
    {
        candidates.CopyTo(candidateRows);
        for (var c = 0; c < Candidates; c++)
        {
            var lane = Lane(candidates[c]);
            for (var i = 0; i < dimension; i++)
                candidateValues.Pointer[(long)i * Candidates + c] = lane[(long)i * SpreadTile.Rows];
        }

        Parallel.For(0, parts, parallel, ScorePart);
        lowered = false;
        Array.Clear(gains);
        for (var i = 0; i < partGains.Length; i++)
            gains[i % Candidates] += partGains[i];
    }

    /// <summary>Takes as a center whichever of some candidates gains most, the lowest of equals.</summary>
    /// <param name="first">The first of the candidates.</param>
    /// <param name="count">How many there are, at least 1.</param>
    /// <returns>Its row in the sample.</returns>
    public int Take(int first, int count)
    {
        var best = first;
        for (var c = first; c < first + count && count > 1; c++)
        {
            // Centers taken since the candidates were scored leave less to gain.
            if (lowered)
                gains[c] = Gain(c);
            if (gains[c] > gains[best])
                best = c;
        }

        Lower(best);
        lowered = true;
        return candidateRows[best];
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        packed.Dispose();
        nearest.Dispose();
        distances.Dispose();
        candidateValues.Dispose();
    }

    void ScorePart(int part)
    {
        fixed (double* gain = &partGains[part * Candidates])
        {
            SpreadTile.Score(
                packed.Pointer + (long)part * PartRows * dimension,
                candidateValues.Pointer,
                nearest.Pointer + part * PartRows,
                distances.Pointer + part * PartRows,
                PaddedRows,
                dimension,
                PartRows,
                gain
            );
        }
    }

    double Gain(int candidate)
    {
        var sum = 0.0;
        for (var part = 0; part < parts; part++)
            sum += SpreadTile.Gain(nearest.Pointer + part * PartRows, Distances(candidate, part), PartRows);
        return sum;
    }

    void Lower(int candidate)
    {
        // Rounding aside, a center is at no distance from itself, and is never drawn again.
        distances.Pointer[(long)candidate * PaddedRows + candidateRows[candidate]] = 0;
        for (var part = 0; part < parts; part++)
            remaining[part] = SpreadTile.Lower(nearest.Pointer + part * PartRows, Distances(candidate, part), PartRows);
    }

    void Pack(int row, ReadOnlySpan<float> x)
    {
        var lane = Lane(row);
        for (var i = 0; i < x.Length; i++)
            lane[(long)i * SpreadTile.Rows] = x[i];
        nearest.Pointer[row] = 2; // no two unit vectors are farther apart
    }

    float* Distances(int candidate, int part) => distances.Pointer + (long)candidate * PaddedRows + part * PartRows;

    float* Lane(int row) => packed.Pointer + (long)(row / SpreadTile.Rows) * SpreadTile.Rows * dimension + row % SpreadTile.Rows;
}
