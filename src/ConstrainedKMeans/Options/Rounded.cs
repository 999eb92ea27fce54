using System.Globalization;

namespace CoKe.ConstrainedKMeans;

/// <summary>Numbers in sentences for people. What is given as a limit is rounded to the side on which it holds.</summary>
static class Rounded
{
    const int Digits = 4;

    /// <summary>A value as it is, to six digits.</summary>
    public static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>The least number of four digits that is not below a value of at least 0.</summary>
    public static double Up(double value) => Limit(value, Math.Ceiling);

    /// <summary>The largest number of four digits that is not above a value of at least 0.</summary>
    public static double Down(double value) => Limit(value, Math.Floor);

    static double Limit(double value, Func<double, double> side)
    {
        if (value == 0)
            return 0;
        var exponent = Digits - 1 - (int)Math.Floor(Math.Log10(value));
        var unit = Math.Pow(10, Math.Abs(exponent));
        var (scaled, nearest) = exponent > 0 ? (value * unit, Math.Round(value * unit)) : (value / unit, Math.Round(value / unit));
        // What differs from a short number by rounding only is that number.
        var whole = Math.Abs(scaled - nearest) < 1e-7 ? nearest : side(scaled);
        return exponent > 0 ? whole / unit : whole * unit;
    }
}
