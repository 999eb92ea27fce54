namespace CoKe.ConstrainedKMeans;

/// <summary>One search of <see cref="ExactSizes"/>: labels, sizes and prices on their way to balance.</summary>
/// <param name="bounds">The bounds.</param>
/// <param name="pass">Passes over the rows.</param>
/// <param name="effort">How many.</param>
sealed class SizeSearch(SizeBounds bounds, PricePass pass, SizeEffort effort)
{
    // Wider windows hold more rows; they narrow by themselves to what there is room for.
    static readonly long WidestWindow = FixedPoint.Of(.25);

    // While prices move as far as a window allows, the next may go twice as far beyond it, up to this.
    const int LargestTrust = 8;

    readonly int[] labels = [.. Enumerable.Repeat(-1, bounds.Rows)];
    readonly int[] sizes = new int[bounds.ClusterCount];
    Contenders contenders = new(bounds.Rows, bounds.ClusterCount);
    long window = WidestWindow;

    /// <summary>Searches.</summary>
    /// <param name="startPrices">K duals, or none.</param>
    public SizedAssignment Run(ReadOnlySpan<double> startPrices)
    {
        var prices = StartOf(startPrices);
        var limit = Label(prices);
        if (limit > pass.Highest && effort.Passes > 1)
        {
            // The duals of online passes can be worse than none, where they jumped around in large steps.
            prices = new long[bounds.ClusterCount];
            limit = Label(prices);
        }

        // The Lagrangian is convex and known in full within the window, so every step that stays there lowers it; what went too far beyond
        // is taken back.
        var (certain, lowest, trust) = (prices, limit, 1);
        while (Imbalance(prices) > 0 && pass.Passes < effort.Passes)
        {
            prices = Step(prices, trust, out var isFar);
            trust = isFar ? Math.Min(2 * trust, LargestTrust) : 1;
            limit = Label(prices);
            if (limit <= lowest) (certain, lowest) = (prices, limit);
            else if (pass.Passes < effort.Passes) (prices, limit, trust) = (certain, Label(certain), 1);
        }

        if (Imbalance(prices) == 0) return Result(prices, limit, limit, isOptimal: true);
        contenders = new(1, 1); // their room is needed
        SizeRepair.Run(bounds, pass, prices, labels, sizes);
        return Result(certain, lowest, pass.SimilaritySum(labels), isOptimal: false);
    }

    long[] StartOf(ReadOnlySpan<double> given)
    {
        var prices = new long[bounds.ClusterCount];
        for (var k = 0; k < given.Length; k++)
        {
            var price = double.IsNaN(given[k]) ? 0 : Math.Clamp(given[k], -PricePass.LargestPrice, PricePass.LargestPrice);
            prices[k] = FixedPoint.Of(bounds.HasMaximums ? price : Math.Max(0, price));
        }

        return prices;
    }

    // Better prices, from the rows that contend.
    long[] Step(long[] from, int trust, out bool isFar)
    {
        long[] prices = [.. from];
        var reach = trust * Math.Max(window, PricePass.LeastWindow);
        var apart = new DualNewton(bounds, contenders, labels, sizes).Improve(prices, window, reach);
        isFar = apart >= reach / 10 * 9;
        var flow = new SizeFlow(bounds, contenders, labels, sizes, prices);
        flow.Balance(Math.Max(0, window - apart));
        window = Math.Min(2 * Math.Max(window, PricePass.LeastWindow), WidestWindow);
        return flow.Prices;
    }

    // One pass; returns the Lagrangian, which no assignment within the bounds exceeds.
    Int128 Label(long[] prices)
    {
        var limit = pass.Label(prices, labels, contenders, ref window);
        Array.Clear(sizes);
        foreach (var label in labels) sizes[label]++;
        for (var k = 0; k < prices.Length; k++) limit -= (Int128)prices[k] * (prices[k] > 0 ? bounds.Minimums[k] : bounds.Maximums[k]);
        return limit;
    }

    long Imbalance(long[] prices) => SizeFlow.Imbalance(bounds, sizes, prices);

    SizedAssignment Result(long[] prices, Int128 limit, Int128 sum, bool isOptimal) => new()
    {
        Labels = labels,
        Sizes = sizes,
        Prices = [.. prices.Select(FixedPoint.ToDouble)],
        SimilaritySum = FixedPoint.ToDouble(sum),
        Bound = FixedPoint.ToDouble(limit),
        MovedRows = pass.Moved,
        IsOptimal = isOptimal,
        Passes = pass.Passes,
    };
}
