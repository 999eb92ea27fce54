namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

/// <summary>
/// Algorithm 1 for one head as a reader of the paper would write it: loops, eager duals, everything in double; only the score is made as
/// the library defines it, in float32. Written independently of the library's cluster, dual and reduction types.
/// </summary>
sealed class NaiveHead
{
    readonly ClusteringOptions _options;
    readonly HeadOptions _head;
    readonly double[] _gamma;
    readonly double[,] _sum;
    readonly double[,] _center;
    readonly Dictionary<int, Dictionary<int, double>> _soft = [];
    readonly Dictionary<int, int> _epochLabels = [];
    int _epoch;

    public NaiveHead(ClusteringOptions options, int index, float[] initialCenters)
    {
        (_options, _head) = (options, options.Heads[index]);
        int K = _head.ClusterCount,
            d = options.Dimension;
        var gammaPrime = _head.MinimumSizeRatio;
        _gamma =
        [
            .. Enumerable.Range(0, K).Select(k => (_head.MinimumSizes?[k] ?? gammaPrime * options.ImageCount / K) * (1 + _head.Margin)),
        ];
        (Dual, Count, _sum, _center) = (new double[K], new long[K], new double[K, d], new double[K, d]);
        for (var i = 0; i < K * d; i++)
            _center[i / d, i % d] = initialCenters[i];
        Eta = _head.DualLearningRate ?? K * Math.Min(3.4 * options.BatchSize / _gamma.Sum(), 0.02);
    }

    public double Eta { get; }

    public double[] Dual { get; }

    public long[] Count { get; }

    public IReadOnlyDictionary<int, Dictionary<int, double>> Soft => _soft;

    bool StageTwo => _options.StageTwoAfterEpoch is { } T && _epoch > T;

    bool PerBatch =>
        !StageTwo && _head.CenterSchedule == CenterSchedule.Batch && (_head.BatchScheduleEpochs is not { } until || _epoch < until);

    public double Center(int k, int i) => _center[k, i];

    public int[] Step(float[] x, int[] ids)
    {
        int K = _head.ClusterCount,
            d = _options.Dimension,
            r = ids.Length;
        var y = new int[r];
        for (var row = 0; row < r; row++)
        {
            var best = float.NegativeInfinity;
            for (var k = 0; k < K; k++)
            {
                var score = 0f;
                for (var i = 0; i < d; i++)
                    score = MathF.FusedMultiplyAdd(x[row * d + i], (float)_center[k, i], score);
                score += (float)Dual[k];
                if (score > best)
                    (best, y[row]) = (score, k);
            }
        }

        var n = new long[K];
        foreach (var k in y)
            n[k]++;
        for (var k = 0; k < K; k++)
        {
            Dual[k] -= Eta / _options.BatchSize * (n[k] - r * _gamma[k] / _options.ImageCount);
            if (_head.DualClamp == DualClamp.Paper || _head.MinimumSizeRatio < 1)
                Dual[k] = Math.Max(0, Dual[k]);
        }

        if (_head.DualNormLimit is { } tau)
            Project(tau);
        var batch = new double[K, d];
        for (var row = 0; row < r; row++)
        {
            for (var i = 0; i < d; i++)
                batch[y[row], i] += x[row * d + i];
            _epochLabels[ids[row]] = y[row];
        }

        for (var k = 0; k < K; k++)
        {
            if (n[k] == 0)
                continue;
            var before = (double)Count[k];
            Count[k] += n[k];
            for (var i = 0; i < d; i++)
                _sum[k, i] += batch[k, i];
            if (!PerBatch)
                continue;
            var exact = _head.CenterRule == CenterRule.Exact;
            for (var i = 0; i < d; i++)
                _center[k, i] = exact ? _sum[k, i] : _center[k, i] * (before / Count[k]) + batch[k, i] / Count[k];
            Normalize(_center, k);
        }

        return y;
    }

    public void EndEpoch()
    {
        for (var k = 0; k < _head.ClusterCount; k++)
        {
            if (Count[k] > 0)
                Normalize(_sum, k);
            for (var i = 0; i < _options.Dimension; i++)
            {
                var latest = Count[k] > 0 ? _sum[k, i] : _center[k, i];
                if (StageTwo)
                    _center[k, i] = (1 - Fraction) * _center[k, i] + Fraction * latest;
                else if (!PerBatch)
                    _center[k, i] = latest;
            }

            if (StageTwo)
                Normalize(_center, k);
        }

        if (StageTwo)
            WeighLabels();
        Array.Clear(Count);
        Array.Clear(_sum);
        _epochLabels.Clear();
        _epoch++;
    }

    double Fraction => 1.0 / (_epoch - _options.StageTwoAfterEpoch!.Value);

    void WeighLabels()
    {
        foreach (var (image, label) in _epochLabels)
        {
            if (!_soft.TryGetValue(image, out var weights))
                _soft[image] = weights = [];
            var gone = 0.0;
            if (!weights.ContainsKey(label) && weights.Count == _options.SoftLabelSlots)
            {
                weights.Remove(weights.OrderBy(w => w.Value).ThenByDescending(w => w.Key).First().Key, out gone);
            }

            foreach (var k in weights.Keys.ToArray())
                weights[k] *= (1 - Fraction) / (1 - gone);
            weights[label] = weights.Count == 0 ? 1 : weights.GetValueOrDefault(label) + Fraction;
            foreach (var k in weights.Keys.Where(k => weights[k] <= 0).ToArray())
                weights.Remove(k);
        }
    }

    // By bisection on the threshold, unlike the library.
    void Project(double tau)
    {
        for (var k = 0; k < Dual.Length; k++)
            Dual[k] = Math.Max(0, Dual[k]);
        if (Dual.Sum() <= tau)
            return;
        double low = 0,
            high = Dual.Max();
        for (var i = 0; i < 200; i++)
        {
            var theta = (low + high) / 2;
            if (Dual.Sum(rho => Math.Max(0, rho - theta)) > tau)
                low = theta;
            else
                high = theta;
        }

        for (var k = 0; k < Dual.Length; k++)
            Dual[k] = Math.Max(0, Dual[k] - high);
    }

    void Normalize(double[,] rows, int k)
    {
        var norm = 0.0;
        for (var i = 0; i < _options.Dimension; i++)
            norm += rows[k, i] * rows[k, i];
        for (var i = 0; i < _options.Dimension; i++)
            rows[k, i] /= Math.Max(Math.Sqrt(norm), 1e-12);
    }
}
