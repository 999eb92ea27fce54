using CoKe.Errors;

namespace CoKe.Grains.Protocol;

/// <summary>What options of a silo may be.</summary>
static class Ranges
{
    /// <exception cref="InvalidOptionsException">It is zero or less.</exception>
    public static void Positive(string field, TimeSpan value)
    {
        if (value <= TimeSpan.Zero)
            throw new InvalidOptionsException(field, $"{value}", $"{field} {value} is out of range: use a time above zero.");
    }

    /// <exception cref="InvalidOptionsException">It is zero or less.</exception>
    public static void AtLeastOne(string field, int value)
    {
        if (value < 1)
            throw new InvalidOptionsException(field, $"{value}", $"{field} {value} is out of range: use 1 or more.");
    }
}
