namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Similarities and prices as whole numbers of 2^-40: sums and differences of them are exact, so that two rows tie or do not, and the
/// search for the best labels ends. A float32 of 2^-17 or more loses nothing, a smaller one less than 1e-12.
/// </summary>
static class FixedPoint
{
    const double Unit = 1L << 40;

    public static long Of(double value) => (long)Math.Round(value * Unit);

    public static double ToDouble(long value) => value / Unit;

    public static double ToDouble(Int128 value) => (double)value / Unit;
}
