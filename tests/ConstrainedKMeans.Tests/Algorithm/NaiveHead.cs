namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

/// <summary>
/// Algorithm 1 for one head as a reader of the paper would write it: loops, eager duals, everything in double; only the score is made as
/// the library defines it, in float32. Written independently of the library's cluster, dual and reduction types.
/// </summary>
sealed class NaiveHead
{
    readonly ClusteringOptions options;
    readonly HeadOptions head;
    readonly double[] gamma;
    readonly double[,] sum;
    readonly double[,] center;
    readonly Dictionary<int, Dictionary<int, double>> soft = [];
    readonly Dictionary<int, int> epochLabels = [];
    int epoch;

    public NaiveHead(ClusteringOptions options, int index, float[] initialCenters)
    {
        (this.options, head) = (options, options.Heads[index]);
        int K = head.ClusterCount,
            d = options.Dimension;
        var gammaPrime = head.MinimumSizeRatio;
        gamma = [.. Enumerable.Range(0, K).Select(k => (head.MinimumSizes?[k] ?? gammaPrime * options.ImageCount / K) * (1 + head.Margin))];
        (Dual, Count, sum, center) = (new double[K], new long[K], new double[K, d], new double[K, d]);
        for (var i = 0; i < K * d; i++)
            center[i / d, i % d] = initialCenters[i];
        Eta = head.DualLearningRate ?? K * Math.Min(3.4 * options.BatchSize / gamma.Sum(), 0.02);
    }

    public double Eta { get; }

    public double[] Dual { get; }

    public long[] Count { get; }

    public IReadOnlyDictionary<int, Dictionary<int, double>> Soft => soft;

    bool StageTwo => options.StageTwoAfterEpoch is { } T && epoch > T;

    bool PerBatch =>
        !StageTwo && head.CenterSchedule == CenterSchedule.Batch && (head.BatchScheduleEpochs is not { } until || epoch < until);

    public double Center(int k, int i) => center[k, i];

    public int[] Step(float[] x, int[] ids)
    {
        int K = head.ClusterCount,
            d = options.Dimension,
            r = ids.Length;
        var y = new int[r];
        for (var row = 0; row < r; row++)
        {
            var best = float.NegativeInfinity;
            for (var k = 0; k < K; k++)
            {
                var score = 0f;
                for (var i = 0; i < d; i++)
                    score = MathF.FusedMultiplyAdd(x[row * d + i], (float)center[k, i], score);
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
            Dual[k] -= Eta / options.BatchSize * (n[k] - r * gamma[k] / options.ImageCount);
            if (head.DualClamp == DualClamp.Paper || head.MinimumSizeRatio < 1)
                Dual[k] = Math.Max(0, Dual[k]);
        }

        if (head.DualNormLimit is { } tau)
            Project(tau);
        var batch = new double[K, d];
        for (var row = 0; row < r; row++)
        {
            for (var i = 0; i < d; i++)
                batch[y[row], i] += x[row * d + i];
            epochLabels[ids[row]] = y[row];
        }

        for (var k = 0; k < K; k++)
        {
            if (n[k] == 0)
                continue;
            var before = (double)Count[k];
            Count[k] += n[k];
            for (var i = 0; i < d; i++)
                sum[k, i] += batch[k, i];
            if (!PerBatch)
                continue;
            var exact = head.CenterRule == CenterRule.Exact;
            for (var i = 0; i < d; i++)
                center[k, i] = exact ? sum[k, i] : center[k, i] * (before / Count[k]) + batch[k, i] / Count[k];
            Normalize(center, k);
        }

        return y;
    }

    public void EndEpoch()
    {
        for (var k = 0; k < head.ClusterCount; k++)
        {
            if (Count[k] > 0)
                Normalize(sum, k);
            for (var i = 0; i < options.Dimension; i++)
            {
                var latest = Count[k] > 0 ? sum[k, i] : center[k, i];
                if (StageTwo)
                    center[k, i] = (1 - Fraction) * center[k, i] + Fraction * latest;
                else if (!PerBatch)
                    center[k, i] = latest;
            }

            if (StageTwo)
                Normalize(center, k);
        }

        if (StageTwo)
            WeighLabels();
        Array.Clear(Count);
        Array.Clear(sum);
        epochLabels.Clear();
        epoch++;
    }

    double Fraction => 1.0 / (epoch - options.StageTwoAfterEpoch!.Value);

    void WeighLabels()
    {
        foreach (var (image, label) in epochLabels)
        {
            if (!soft.TryGetValue(image, out var weights))
                soft[image] = weights = [];
            var gone = 0.0;
            if (!weights.ContainsKey(label) && weights.Count == options.SoftLabelSlots)
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
        for (var i = 0; i < options.Dimension; i++)
            norm += rows[k, i] * rows[k, i];
        for (var i = 0; i < options.Dimension; i++)
            rows[k, i] /= Math.Max(Math.Sqrt(norm), 1e-12);
    }
}
