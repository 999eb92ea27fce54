using System.Globalization;
using CoKe.Cli.Output;

namespace CoKe.Cli.Sizes;

/// <summary>What is said of cluster sizes, to people.</summary>
static class SizeSentences
{
    // So many clusters are named that missed their minimum.
    const int Named = 3;

    /// <summary>What the exact step guarantees for one head, and how near the best labels are: one sentence.</summary>
    /// <param name="head">A head that took the step.</param>
    /// <param name="alone">Whether it is the only one, and need not be named.</param>
    public static string Certificate(SizedHead head, bool alone)
    {
        var exact = head.Exact ?? throw new ArgumentException("The head has not taken the exact step.", nameof(head));
        var sizes = Minimum(head) + (head.Bounds.HasMaximums ? " and " + Maximum(head) : "");
        return Name(head, alone, "every", "Every")
            + $" cluster has {sizes}; {Nearness(head)}; "
            + $"{Tables.Number(exact.MovedRows)} of {Tables.Number(head.Labels.Length)} rows are not with their most similar center; "
            + $"{Tables.Number(head.Elapsed.TotalSeconds, 2)} s.";
    }

    /// <summary>The warning that minimums are missed; null: none is.</summary>
    /// <param name="head">A head.</param>
    /// <param name="alone">Whether it is the only one, and need not be named.</param>
    public static string? Missed(SizedHead head, bool alone)
    {
        if (head.Missed.Count == 0)
            return null;
        var clusters = string.Join(
            ", ",
            head.Missed.Take(Named).Select(one => $"cluster {one.Cluster} has {Tables.Number(one.Size)} of {Tables.Number(one.Minimum)}")
        );
        var more = head.Missed.Count > Named ? $" and {Tables.Number(head.Missed.Count - Named)} more" : "";
        return Name(head, alone, "", "")
            + $"{Tables.Number(head.Missed.Count)} of {Tables.Number(head.Sizes.Length)} clusters miss "
            + $"their minimum size: {clusters}{more}; leave --online out for labels that keep it.";
    }

    /// <summary>A gap as a percentage: 0.000% is the best possible itself.</summary>
    public static string Percentage(double gap) =>
        gap is > 0 and < 0.5e-5 ? "less than 0.001%" : (100 * gap).ToString("0.000", CultureInfo.InvariantCulture) + "%";

    static string Nearness(SizedHead head) =>
        head.Exact!.IsOptimal
            ? $"{Percentage(0)} below the best possible"
            : $"at most {Percentage(head.Exact.Gap)} below the best possible, where the search was cut short "
                + $"({head.Exact.Passes} passes in all; --size-passes allows more)";

    static string Minimum(SizedHead head)
    {
        var (asked, largest) = head.Asked;
        var minimums = head.Bounds.Minimums.ToArray();
        if (largest == 0)
            return "the size that suits it, since no minimum was asked";
        if (minimums.Max() == 0)
            return $"the size that suits it, since of {Tables.Number(largest, 2)} rows the whole part is 0";
        return minimums.Min() == minimums.Max()
            ? $"at least {Tables.Number(minimums[0])} (asked: {Tables.Number(minimums[0])}, the whole part of {Tables.Number(asked, 1)})"
            : $"at least its minimum (asked: {Tables.Number(minimums.Min())} to {Tables.Number(minimums.Max())}, whole parts)";
    }

    static string Maximum(SizedHead head)
    {
        var maximums = head.Bounds.Maximums.ToArray();
        return maximums.Min() == maximums.Max()
            ? $"at most {Tables.Number(maximums[0])} (asked: {Tables.Number(maximums[0])}, rounded up)"
            : $"at most its maximum (asked: {Tables.Number(maximums.Min())} to "
                + $"{(maximums.Max() < head.Bounds.Rows ? Tables.Number(maximums.Max()) : "no limit")}, rounded up)";
    }

    static string Name(SizedHead head, bool alone, string word, string firstWord) =>
        alone ? firstWord : $"Head {head.Plan.Head}, K {head.Plan.ClusterCount}: {word}";
}
