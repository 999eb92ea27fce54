namespace CoKe.Cli.Sizes;

/// <summary>The sizes of one head as <c>--json</c> shows them.</summary>
/// <param name="Exact">Whether the labels are those of the exact step, which keeps all bounds.</param>
/// <param name="Minimum">The smallest g_k; whole, the minimum that was asked rounded down.</param>
/// <param name="LargestMinimum">The largest g_k.</param>
/// <param name="SmallestMaximum">The smallest u_k; null: no maximum.</param>
/// <param name="Maximum">The largest u_k; null: no maximum.</param>
/// <param name="Moved">Rows that are not with their most similar center; null without the step, as all that follow.</param>
/// <param name="Gap">How far the labels are below the best possible at most, as a share; 0: they are the best.</param>
/// <param name="Optimal">Whether the search ended with a proof.</param>
/// <param name="Limit">The mean similarity that no labels within the bounds exceed.</param>
/// <param name="Passes">Passes of the step.</param>
/// <param name="Seconds">Time of the step.</param>
/// <param name="Prices">K values: above 0 where the minimum holds rows, below 0 where the maximum keeps them out.</param>
/// <param name="Missed">Clusters below their minimum, those that miss most first; none after the step.</param>
sealed record SizesView(
    bool Exact,
    int Minimum,
    int LargestMinimum,
    int? SmallestMaximum,
    int? Maximum,
    int? Moved,
    double? Gap,
    bool? Optimal,
    double? Limit,
    int? Passes,
    double? Seconds,
    IReadOnlyList<double>? Prices,
    IReadOnlyList<MissedMinimum> Missed
)
{
    /// <summary>The view of a head.</summary>
    public static SizesView Of(SizedHead head)
    {
        var minimums = head.Bounds.Minimums.ToArray();
        var maximums = head.Bounds.HasMaximums ? head.Bounds.Maximums.ToArray() : null;
        var exact = head.Exact;
        return new(
            exact is not null,
            minimums.Min(),
            minimums.Max(),
            maximums?.Min(),
            maximums?.Max(),
            exact?.MovedRows,
            exact?.Gap,
            exact?.IsOptimal,
            exact?.Bound / head.Labels.Length,
            exact?.Passes,
            exact is null ? null : head.Elapsed.TotalSeconds,
            exact?.Prices,
            head.Missed
        );
    }
}
