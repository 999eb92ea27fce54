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

    readonly int _rows;
    readonly int _dimension;
    readonly int _parts;
    readonly ParallelOptions _parallel;
    readonly AlignedMemory<float> _packed; // [rows / 32][d][32]
    readonly AlignedMemory<float> _nearest; // from the nearest center, by row; 0 where there is no row
    readonly AlignedMemory<float> _distances; // [candidate][row]
    readonly AlignedMemory<float> _candidateValues; // [d][candidate]
    readonly double[] _remaining; // the sum of nearest, by part
    readonly double[] _partGains; // [part][candidate]
    readonly double[] _gains;
    readonly int[] _candidateRows = new int[Candidates];
    bool _lowered; // since the candidates were scored

    /// <summary>Packs the sample; no row has a center yet.</summary>
    /// <param name="source">N rows.</param>
    /// <param name="chosen">The rows of the sample.</param>
    /// <param name="threads">Threads to use at most.</param>
    public SpreadSample(RowSource source, ReadOnlySpan<int> chosen, int threads)
    {
        (_rows, _dimension, _parts) = (chosen.Length, source.Dimension, (chosen.Length + PartRows - 1) / PartRows);
        _parallel = new() { MaxDegreeOfParallelism = threads };
        _packed = new((long)PaddedRows * _dimension);
        _nearest = new(PaddedRows);
        _distances = new((long)Candidates * PaddedRows);
        _candidateValues = new((long)Candidates * _dimension);
        (_remaining, _partGains, _gains) = (new double[_parts], new double[_parts * Candidates], new double[Candidates]);
        var most = Math.Min(_rows, Math.Max(1, PieceValues / _dimension));
        var piece = new float[most * _dimension];
        for (var first = 0; first < _rows; first += most)
        {
            var read = chosen.Slice(first, Math.Min(most, _rows - first));
            source.Gather(read, piece.AsSpan(0, read.Length * _dimension));
            for (var i = 0; i < read.Length; i++)
                Pack(first + i, piece.AsSpan(i * _dimension, _dimension));
        }

        for (var part = 0; part < _parts; part++)
            _remaining[part] = SpreadTile.Sum(_nearest.Pointer + part * PartRows, PartRows);
    }

    int PaddedRows => _parts * PartRows;

    /// <summary>A row with probability in proportion to its distance from the nearest center; any when all are centers' twins.</summary>
    public int Draw(SeededRandom random)
    {
        var (total, last) = (0.0, random.NextInt32(_rows));
        foreach (var sum in _remaining)
            total += sum;
        var target = total * random.NextUniform();
        var part = 0;
        while (part < _parts - 1 && target >= _remaining[part])
            target -= _remaining[part++];
        for (var row = part * PartRows; row < Math.Min(_rows, (part + 1) * PartRows); row++)
        {
            var distance = _nearest.Pointer[row];
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
        candidates.CopyTo(_candidateRows);
        for (var c = 0; c < Candidates; c++)
        {
            var lane = Lane(candidates[c]);
            for (var i = 0; i < _dimension; i++)
                _candidateValues.Pointer[(long)i * Candidates + c] = lane[(long)i * SpreadTile.Rows];
        }

        Parallel.For(0, _parts, _parallel, ScorePart);
        _lowered = false;
        Array.Clear(_gains);
        for (var i = 0; i < _partGains.Length; i++)
            _gains[i % Candidates] += _partGains[i];
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
            if (_lowered)
                _gains[c] = Gain(c);
            if (_gains[c] > _gains[best])
                best = c;
        }

        Lower(best);
        _lowered = true;
        return _candidateRows[best];
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _packed.Dispose();
        _nearest.Dispose();
        _distances.Dispose();
        _candidateValues.Dispose();
    }

    void ScorePart(int part)
    {
        fixed (double* gain = &_partGains[part * Candidates])
        {
            SpreadTile.Score(
                _packed.Pointer + (long)part * PartRows * _dimension,
                _candidateValues.Pointer,
                _nearest.Pointer + part * PartRows,
                _distances.Pointer + part * PartRows,
                PaddedRows,
                _dimension,
                PartRows,
                gain
            );
        }
    }

    double Gain(int candidate)
    {
        var sum = 0.0;
        for (var part = 0; part < _parts; part++)
            sum += SpreadTile.Gain(_nearest.Pointer + part * PartRows, Distances(candidate, part), PartRows);
        return sum;
    }

    void Lower(int candidate)
    {
        // Rounding aside, a center is at no distance from itself, and is never drawn again.
        _distances.Pointer[(long)candidate * PaddedRows + _candidateRows[candidate]] = 0;
        for (var part = 0; part < _parts; part++)
            _remaining[part] = SpreadTile.Lower(_nearest.Pointer + part * PartRows, Distances(candidate, part), PartRows);
    }

    void Pack(int row, ReadOnlySpan<float> x)
    {
        var lane = Lane(row);
        for (var i = 0; i < x.Length; i++)
            lane[(long)i * SpreadTile.Rows] = x[i];
        _nearest.Pointer[row] = 2; // no two unit vectors are farther apart
    }

    float* Distances(int candidate, int part) => _distances.Pointer + (long)candidate * PaddedRows + part * PartRows;

    float* Lane(int row) => _packed.Pointer + (long)(row / SpreadTile.Rows) * SpreadTile.Rows * _dimension + row % SpreadTile.Rows;
}
