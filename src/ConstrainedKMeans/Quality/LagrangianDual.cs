namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The Lagrangian dual function L of eqn 6 over fixed rows and centers: its value, and a pass of online subgradient steps downhill.
/// </summary>
sealed class LagrangianDual : IDisposable
{
    const int StepsPerPass = 64;

    // A step of many rows is scored in pieces of so many values.
    const int PieceValues = 1 << 20;

    /// <summary>By how much gamma' raises an empty cluster's dual in the first pass: similarities differ by some tenths.</summary>
    const double FirstRise = 1;

    /// <summary>Half a unit in the last place of a float32 near 1.</summary>
    const double RoundingUnit = 1.0 / (1 << 24);

    readonly ScoringMatrix _matrix;
    readonly RowSource _source;
    readonly int _rows;
    readonly int _threads;
    readonly double[] _gamma;
    readonly int[] _order;
    readonly int[] _labels;
    readonly float[] _similarities;
    readonly RowBuffer _piece = new();

    public LagrangianDual(HeadPlan plan, RowSource source, ReadOnlySpan<float> centers, int threads)
    {
        _matrix = new ScoringMatrix(plan, centers);
        (_source, _rows, _threads) = (source, source.Rows, threads);
        _gamma = [.. Enumerable.Range(0, plan.ClusterCount).Select(k => plan.RequiredSize(k) * _rows / plan.ImageCount)];
        _order = new SeededRandom(_rows).Permutation(_rows); // rows sorted by class would mislead the steps
        _labels = new int[_rows];
        _similarities = new float[_rows];
    }

    int K => _matrix.ClusterCount;

    int BatchRows => ((_rows - 1) / StepsPerPass) + 1;

    /// <summary>L(rho), rounded up so that it remains an upper bound whatever float32 scores lose.</summary>
    public double Value(double[] rho)
    {
        SetDuals(rho);
        _source.Scan(
            (first, values) =>
            {
                var count = values.Length / _matrix.Dimension;
                _matrix.Assign(values, count, rowClock: 0, _labels.AsSpan(first, count), _similarities.AsSpan(first, count), _threads);
            }
        );
        double value = 0,
            largest = 0;
        for (var i = 0; i < _rows; i++)
            value += _similarities[i] + (double)(float)rho[_labels[i]];
        for (var k = 0; k < K; k++)
        {
            value -= (float)rho[k] * _gamma[k]; // the dual as it was scored with
            largest = Math.Max(largest, rho[k]);
        }

        return value + _rows * (_matrix.Dimension + 4.0) * RoundingUnit * (1 + largest); // d + 4 roundings of values up to 1 + rho
    }

    /// <summary>One pass from <paramref name="start"/>; returns where it ended and the mean along the way.</summary>
    public (double[] Last, double[] Mean) Descend(double[] start, int pass)
    {
        var step = FirstRise * K / _rows / (1 + pass);
        double[] rho = [.. start],
            mean = new double[K];
        var steps = 0;
        for (int first = 0, size; first < _rows; first += size, steps++)
        {
            size = Math.Min(BatchRows, _rows - first);
            SetDuals(rho);
            Label(_order.AsSpan(first, size), _labels.AsSpan(0, size));
            for (var i = 0; i < size; i++)
                rho[_labels[i]] -= step;
            for (var k = 0; k < K; k++)
            {
                rho[k] = Math.Max(0, rho[k] + step * _gamma[k] * size / _rows); // eqn 18
                mean[k] += rho[k];
            }
        }

        for (var k = 0; k < K; k++)
            mean[k] /= steps;
        return (rho, mean);
    }

    public void Dispose() => _matrix.Dispose();

    void SetDuals(double[] rho)
    {
        for (var k = 0; k < K; k++)
            _matrix.SetDual(k, new Dual(rho[k], Since: 0));
    }

    // Within a step the duals stand, so that it can be scored piece by piece.
    void Label(ReadOnlySpan<int> images, Span<int> y)
    {
        var most = Math.Max(1, PieceValues / _matrix.Dimension);
        for (var first = 0; first < images.Length; first += most)
        {
            var count = Math.Min(most, images.Length - first);
            var values = _piece.Of(count * _matrix.Dimension);
            _source.Gather(images.Slice(first, count), values);
            _matrix.Assign(values, count, rowClock: 0, y.Slice(first, count), default, _threads);
        }
    }
}
