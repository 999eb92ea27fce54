namespace CoKe.ConstrainedKMeans;

/// <summary>A search of <see cref="ExactSizes"/> on some rows: labels, sizes and prices on their way to balance.</summary>
/// <param name="bounds">The bounds of these rows.</param>
/// <param name="pass">Passes over them.</param>
/// <param name="contenders">Room for those that may change.</param>
sealed class SizeSearch(SizeBounds bounds, PricePass pass, Contenders contenders)
{
    // Wider windows hold more rows; they narrow by themselves to what there is room for.
    static readonly long WidestWindow = FixedPoint.Of(.25);

    // While prices move as far as a window allows, the next may go twice as far beyond it, up to this.
    const int LargestTrust = 64;

    readonly int[] _labels = [.. Enumerable.Repeat(-1, bounds.Rows)];
    readonly int[] _sizes = new int[bounds.ClusterCount];
    DualNewton? _newton;
    long _window = WidestWindow;

    /// <summary>rho_k of the lowest limit so far, fixed-point.</summary>
    public long[] Prices { get; private set; } = new long[bounds.ClusterCount];

    /// <summary>The Lagrangian at <see cref="Prices"/>: no labels within the bounds have a higher sum. Fixed-point.</summary>
    public Int128 Limit { get; private set; } = Int128.MaxValue;

    /// <summary>Rows in wrong places as of the last pass; 0: the labels are the best there are.</summary>
    public long Imbalance { get; private set; } = long.MaxValue;

    /// <summary>Passes that it may take to try prices: one more, to come back, where they are worse.</summary>
    public const int PassesOfATrial = 2;

    /// <summary>Labels all rows at these prices, or at none if those are better: duals of online passes can have jumped about in large
    /// steps.</summary>
    public void StartAt(long[] prices, int passes)
    {
        Label(prices);
        if (Limit > pass.Highest && pass.Passes < passes)
            Label(new long[prices.Length]);
    }

    /// <summary>Labels all rows at other prices; keeps the better.</summary>
    public void Try(long[] prices)
    {
        var before = Prices;
        Label(prices);
        if (Prices == before)
            Label(before);
    }

    /// <summary>Takes steps until the imbalance is small enough or so many passes are done.</summary>
    /// <remarks>
    /// The Lagrangian is convex and known in full within the window, so every step that stays there lowers it; what went too far beyond is
    /// taken back.
    /// </remarks>
    public void Approach(long imbalance, int passes)
    {
        for (var trust = 1; Imbalance > imbalance && pass.Passes + PassesOfATrial <= passes;)
        {
            var next = Step(trust, out var isFar);
            Label(next);
            var (isBetter, tried) = (Prices == next, trust);
            trust =
                isBetter && isFar ? Math.Min(2 * trust, LargestTrust)
                : isBetter ? 1
                : Math.Max(1, tried / 4);
            if (!isBetter && Imbalance > 0)
                Label(Prices);
        }
    }

    /// <summary>The labels as they are: the best there are if all is in balance, else brought within the bounds.</summary>
    public SizedAssignment Result()
    {
        var isOptimal = Imbalance == 0;
        var sum = Limit;
        if (!isOptimal)
        {
            (contenders, _newton) = (new(1, 1), null); // their room is needed
            SizeRepair.Run(bounds, pass, Prices, _labels, _sizes);
            sum = pass.SimilaritySum(_labels);
        }

        return new()
        {
            Labels = _labels,
            Sizes = _sizes,
            Prices = [.. Prices.Select(FixedPoint.ToDouble)],
            SimilaritySum = FixedPoint.ToDouble(sum),
            Bound = FixedPoint.ToDouble(Limit),
            MovedRows = pass.Moved,
            IsOptimal = isOptimal,
            Passes = pass.Passes,
        };
    }

    DualNewton Newton => _newton ??= new(bounds, contenders, _labels, _sizes);

    // Better prices, from the rows that contend at the best so far.
    long[] Step(int trust, out bool isFar)
    {
        long[] prices = [.. Prices];
        var reach = trust * _window;
        // Where many rows tie, more contend than there is room for: then only moves of rows at hand tell anything.
        var apart = pass.IsComplete ? Newton.Improve(prices, _window, reach) : 0;
        isFar = apart >= reach / 10 * 9;
        var flow = new SizeFlow(bounds, contenders, _labels, _sizes, prices);
        flow.Balance(Math.Max(0, _window - apart));
        _window = Math.Min(2 * _window, WidestWindow);
        return flow.Prices;
    }

    // One pass. The prices are taken over if their limit is none the worse.
    void Label(long[] prices)
    {
        var limit = pass.Label(prices, _labels, contenders, ref _window);
        Array.Clear(_sizes);
        foreach (var label in _labels)
            _sizes[label]++;
        for (var k = 0; k < prices.Length; k++)
            limit -= (Int128)prices[k] * (prices[k] > 0 ? bounds.Minimums[k] : bounds.Maximums[k]);
        if (limit <= Limit)
            (Prices, Limit) = (prices, limit);
        Imbalance = SizeFlow.Imbalance(bounds, _sizes, prices);
    }
}
