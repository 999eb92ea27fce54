namespace CoKe.Charts;

/// <summary>Maps values to places on a chart and finds round numbers for its axis.</summary>
readonly record struct Scale(double Low, double High, double From, double To)
{
    /// <summary>The place of <paramref name="value"/>.</summary>
    public double this[double value] => From + (value - Low) / (High - Low) * (To - From);

    /// <summary>A scale that holds all <paramref name="values"/> and ends at round numbers.</summary>
    public static Scale Around(IEnumerable<double> values, double from, double to, bool fromZero = false)
    {
        double[] all = [.. values.Where(double.IsFinite)];
        if (all.Length == 0)
            return new Scale(0, 1, from, to);
        var (low, high) = (fromZero ? Math.Min(0, all.Min()) : all.Min(), all.Max());
        if (high - low < 1e-9)
            high = low + Math.Max(Math.Abs(low), 1) * 0.1;
        var step = RoundStep(high - low, 4);
        return new Scale(Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step, from, to);
    }

    /// <summary>Round values over the scale, about <paramref name="count"/> of them, and how each is written: with as many decimals as tell
    /// neighbors apart.</summary>
    /// <param name="count">How many there should be.</param>
    /// <param name="inPercent">Whether they are shares, written in percent.</param>
    /// <param name="wholeOnly">Whether they are counts: nothing stands between two whole numbers.</param>
    public IEnumerable<(double Value, string Text)> Ticks(int count, bool inPercent = false, bool wholeOnly = false)
    {
        var step = Math.Max(RoundStep(High - Low, count), wholeOnly ? 1 : 0);
        var (factor, unit) = inPercent ? (100, " %") : (1, "");
        var decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step * factor) + 1e-9));
        for (var i = (long)Math.Ceiling(Low / step - 1e-9); i * step <= High + step * 1e-9; i++)
            yield return (i * step, (i * step * factor).ToString($"F{decimals}") + unit);
    }

    // 1, 2 or 5 times a power of ten.
    static double RoundStep(double range, int count)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(range / count)));
        return (range / count / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
