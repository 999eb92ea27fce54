using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Better prices from the rows that contend, without a pass: Newton's method on the Lagrangian of eqn 6. Its gradient is how many rows are
/// missing at each cluster; its curvature between two clusters is how many rows per unit of price stand near their boundary, which a
/// band of some width counts. The band becomes narrower as the steps do.
/// </summary>
sealed class DualNewton
{
    const int MostSteps = 12;
    const int MostSolverSteps = 30;
    const double SolverTolerance = 1e-3;

    // Beyond it float32 would lose more of a score than passes allow for; prices of optima are far nearer.
    static readonly long Furthest = FixedPoint.Of(PricePass.LargestPrice);

    // Armijo's rule: a step must lower the Lagrangian by this share of what its slope promises, or it is halved, and in the end not taken.
    const double LeastProgress = 0.05;
    const int MostHalvings = 4;

    readonly SizeBounds _bounds;
    readonly Contenders _contenders;
    readonly int[] _labels;
    readonly int[] _sizes;
    readonly int[] _settledSizes; // rows that do not contend
    int[] _best = []; // of every contender
    int[] _second = [];
    float[] _margin = []; // by which the best is better
    readonly double[] _missing; // rows
    readonly bool[] _free; // whether a cluster's price may move

    public DualNewton(SizeBounds bounds, Contenders contenders, int[] labels, int[] sizes)
    {
        (_bounds, _contenders, _labels, _sizes) = (bounds, contenders, labels, sizes);
        (_missing, _free, _settledSizes) = (new double[K], new bool[K], new int[K]);
    }

    int K => _bounds.ClusterCount;

    /// <summary>Moves prices, labels and sizes towards balance, and lists the contenders anew.</summary>
    /// <param name="prices">rho_k, fixed-point.</param>
    /// <param name="window">Within which the contenders are all there are.</param>
    /// <param name="furthest">No two prices move further apart; beyond the window the steps are guesses, for want of contenders.</param>
    /// <returns>How far two prices moved apart at most.</returns>
    public long Improve(long[] prices, long window, long furthest)
    {
        var start = prices.ToArray();
        if (_best.Length < _contenders.Count)
        {
            _best = new int[_contenders.Most];
            _second = new int[_contenders.Most];
            _margin = new float[_contenders.Most];
        }

        _sizes.CopyTo(_settledSizes, 0);
        for (var r = 0; r < _contenders.Count; r++)
            _settledSizes[_labels[_contenders.Row(r)]]--;
        var value = Relabel(prices);
        var narrowest = FixedPoint.ToDouble(PricePass.LeastWindow) / 2;
        var band = FixedPoint.ToDouble(window) / 2;
        for (var step = 0; step < MostSteps && SizeFlow.Imbalance(_bounds, _sizes, prices) > 0; step++)
        {
            var direction = Direction(prices, band);
            if (!TryStep(prices, start, direction, furthest, ref value))
                break;
            var longest = direction.Max(Math.Abs);
            band = Math.Clamp(2 * longest, narrowest, band);
        }

        _contenders.List(_labels);
        long lowest = long.MaxValue,
            highest = long.MinValue;
        for (var k = 0; k < K; k++)
        {
            lowest = Math.Min(lowest, prices[k] - start[k]);
            highest = Math.Max(highest, prices[k] - start[k]);
        }

        return highest - lowest;
    }

    bool TryStep(long[] prices, long[] start, double[] direction, long furthest, ref double value)
    {
        var before = prices.ToArray();
        double[] gradient = [.. _missing];
        for (var (share, halvings) = (1.0, 0); halvings <= MostHalvings; share /= 2, halvings++)
        {
            var promised = 0.0;
            for (var k = 0; k < K; k++)
            {
                prices[k] = _free[k]
                    ? Moved(before[k], gradient[k], start[k], FixedPoint.Of(share * direction[k]), furthest / 2)
                    : before[k];
                promised += gradient[k] * FixedPoint.ToDouble(prices[k] - before[k]);
            }

            var after = Relabel(prices);
            if (!(value - after > LeastProgress * Math.Max(promised, 0)))
                continue;
            value = after;
            return true;
        }

        before.CopyTo(prices, 0);
        Relabel(prices);
        return false;
    }

    // A price that would change its sign rests at 0, where neither minimum nor maximum holds anything; from 0 it moves to the side where
    // rows are missing (> 0) or too many only.
    static long Moved(long price, double missing, long start, long by, long most)
    {
        var moved = Math.Clamp(price + by, start - most, start + most);
        moved = Math.Clamp(moved, -Furthest, Furthest);
        var isAbove = price != 0 ? price > 0 : missing > 0;
        return isAbove == moved > 0 ? moved : Math.Clamp(0, start - most, start + most);
    }

    // Every contender to its best cluster at these prices; returns what of the Lagrangian depends on them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    double Relabel(long[] prices)
    {
        var value = Int128.Zero;
        for (var r = 0; r < _contenders.Count; r++)
        {
            var clusters = _contenders.Clusters(r);
            var similarities = _contenders.Similarities(r);
            ref var label = ref _labels[_contenders.Row(r)];
            long first = long.MinValue,
                then = long.MinValue;
            int a = -1,
                b = -1;
            for (var e = 0; e < clusters.Length; e++)
            {
                var score = FixedPoint.Of(similarities[e]) + prices[clusters[e]];
                if (score > first || (score == first && clusters[e] == label))
                    (first, a, then, b) = (score, clusters[e], first, a);
                else if (score > then)
                    (then, b) = (score, clusters[e]);
            }

            (_best[r], _second[r], _margin[r]) = (a, b, (float)FixedPoint.ToDouble(first - then));
            value += first;
            if (a == label)
                continue;
            _sizes[label]--;
            _sizes[a]++;
            label = a;
        }

        // rows that do not contend are worth their cluster's price; a price costs its bound
        for (var k = 0; k < K; k++)
            value += (Int128)prices[k] * (_settledSizes[k] - (prices[k] > 0 ? _bounds.Minimums[k] : _bounds.Maximums[k]));
        return FixedPoint.ToDouble(value);
    }

    // Solves curvature x direction = missing rows by conjugate gradients, with the diagonal as preconditioner.
    double[] Direction(long[] prices, double band)
    {
        for (var k = 0; k < K; k++)
        {
            int n = _sizes[k],
                least = _bounds.Minimums[k],
                most = _bounds.Maximums[k];
            var target =
                prices[k] > 0 ? least
                : prices[k] < 0 ? most
                : Math.Clamp(n, least, most);
            _free[k] = prices[k] != 0 || target != n;
            _missing[k] = _free[k] ? target - n : 0;
        }

        var diagonal = new double[K];
        for (var r = 0; r < _contenders.Count; r++)
        {
            if (_margin[r] >= band)
                continue;
            diagonal[_best[r]] += 1 / band;
            diagonal[_second[r]] += 1 / band;
        }

        // Half a row per band, so that a cluster without neighbors has a finite step.
        for (var k = 0; k < K; k++)
            diagonal[k] += .5 / band;
        return Solve(diagonal, band);
    }

    double[] Solve(double[] diagonal, double band)
    {
        double[] x = new double[K],
            residual = [.. _missing],
            preconditioned = new double[K],
            p = new double[K],
            product = new double[K];
        for (var k = 0; k < K; k++)
            p[k] = preconditioned[k] = residual[k] / diagonal[k];
        double rho = Dot(residual, preconditioned),
            first = rho;
        for (var step = 0; step < MostSolverSteps && rho > SolverTolerance * SolverTolerance * first; step++)
        {
            Curvature(p, product, diagonal, band);
            var alpha = rho / Dot(p, product);
            for (var k = 0; k < K; k++)
            {
                x[k] += alpha * p[k];
                residual[k] -= alpha * product[k];
                preconditioned[k] = residual[k] / diagonal[k];
            }

            var next = Dot(residual, preconditioned);
            for (var k = 0; k < K; k++)
                p[k] = preconditioned[k] + next / rho * p[k];
            rho = next;
        }

        return x;
    }

    // The weighted Laplacian of the graph of clusters, kept to the clusters whose price may move.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Curvature(double[] x, double[] product, double[] diagonal, double band)
    {
        for (var k = 0; k < K; k++)
            product[k] = diagonal[k] * x[k];
        for (var r = 0; r < _contenders.Count; r++)
        {
            if (_margin[r] >= band)
                continue;
            int a = _best[r],
                b = _second[r];
            product[a] -= x[b] / band;
            product[b] -= x[a] / band;
        }

        for (var k = 0; k < K; k++)
        {
            if (!_free[k])
                product[k] = 0;
        }
    }

    static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
