namespace CoKe.ConstrainedKMeans;

/// <summary>How long <see cref="ExactSizes"/> may search. Counted, not timed: equal input gives equal labels on any machine.</summary>
/// <param name="Passes">
/// Passes over all rows that the search takes at most, at least 1. When they are used up a repair, of some passes more, brings every size
/// within its bounds, and the gap is known.
/// </param>
public sealed record SizeEffort(int Passes)
{
    // Some minutes of two cores: 300 passes up to N K = 10^9, where the search is expected to end by itself, and fewer beyond.
    const double Similarities = 3e11;

    const int Fewest = 30,
        Most = 300;

    /// <summary>What a problem of this size gets unless told otherwise.</summary>
    public static SizeEffort For(long rows, int clusterCount) =>
        new((int)Math.Clamp(Similarities / ((double)rows * clusterCount), Fewest, Most));
}
