using System.Globalization;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// How many rows each cluster of one head must and may hold: g_k &lt;= n_k &lt;= u_k, whole numbers. Immutable; one that can be met by
/// the rows it was made for, or it would not exist.
/// </summary>
public sealed class SizeBounds
{
    readonly int[] minimums;
    readonly int[] maximums;

    /// <summary>Bounds as given.</summary>
    /// <param name="rows">The rows that will be shared out, at least 1.</param>
    /// <param name="minimums">g_k, K values of at least 0 that sum to at most <paramref name="rows"/>.</param>
    /// <param name="maximums">u_k, K values, each at least g_k, that sum to at least <paramref name="rows"/>; empty: no maximum.</param>
    /// <exception cref="InvalidOptionsException">No assignment of the rows can meet the bounds; names what contradicts what.</exception>
    public SizeBounds(int rows, ReadOnlySpan<int> minimums, ReadOnlySpan<int> maximums = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        (Rows, this.minimums) = (rows, minimums.ToArray());
        this.maximums = maximums.IsEmpty ? [.. Enumerable.Repeat(rows, minimums.Length)] : maximums.ToArray();
        HasMaximums = !maximums.IsEmpty;
        Validate();
    }

    /// <summary>The rows that are shared out.</summary>
    public int Rows { get; }

    /// <summary>K.</summary>
    public int ClusterCount => minimums.Length;

    /// <summary>g_k, K values.</summary>
    public ReadOnlySpan<int> Minimums => minimums;

    /// <summary>u_k, K values; the number of rows where there is no maximum.</summary>
    public ReadOnlySpan<int> Maximums => maximums;

    /// <summary>Whether maximums were given.</summary>
    public bool HasMaximums { get; }

    /// <summary>
    /// The bounds of one head for so many rows: g_k = floor(gamma_k rows / N), without margin, u_k = ceil of the maximum ratio times
    /// rows / K, or of the given maximums times rows / N.
    /// </summary>
    /// <param name="plan">The head's constants; its required sizes are the minimums.</param>
    /// <param name="rows">The rows to share out, N of the run or others.</param>
    /// <param name="maximumSizeRatio">At least 1: no cluster holds more than this times rows / K; null: no maximum.</param>
    /// <param name="maximumSizes">One maximum per cluster in images of the run, instead of a ratio; null: no maximum.</param>
    /// <exception cref="InvalidOptionsException">No assignment can meet the bounds.</exception>
    public static SizeBounds Of(
        HeadPlan plan, int rows, double? maximumSizeRatio = null, IReadOnlyList<double>? maximumSizes = null) =>
        throw new NotImplementedException();

    void Validate() => throw new NotImplementedException();
}
