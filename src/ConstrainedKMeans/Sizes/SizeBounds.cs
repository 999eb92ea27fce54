using System.Globalization;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// How many rows each cluster of one head must and may hold: g_k &lt;= n_k &lt;= u_k, whole numbers. Immutable; one that can be met by
/// the rows it was made for, or it would not exist.
/// </summary>
public sealed class SizeBounds
{
    readonly int[] _minimums;
    readonly int[] _maximums;

    /// <summary>Bounds as given.</summary>
    /// <param name="rows">The rows that will be shared out, at least 1.</param>
    /// <param name="minimums">g_k, K values of at least 0 that sum to at most <paramref name="rows"/>.</param>
    /// <param name="maximums">u_k, K values, each at least g_k, that sum to at least <paramref name="rows"/>; empty: no maximum.</param>
    /// <exception cref="InvalidOptionsException">No assignment of the rows can meet the bounds; names what contradicts what.</exception>
    public SizeBounds(int rows, ReadOnlySpan<int> minimums, ReadOnlySpan<int> maximums = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        (Rows, _minimums) = (rows, minimums.ToArray());
        _maximums = maximums.IsEmpty ? [.. Enumerable.Repeat(rows, minimums.Length)] : maximums.ToArray();
        HasMaximums = !maximums.IsEmpty;
        Validate();
    }

    /// <summary>The rows that are shared out.</summary>
    public int Rows { get; }

    /// <summary>K.</summary>
    public int ClusterCount => _minimums.Length;

    /// <summary>g_k, K values.</summary>
    public ReadOnlySpan<int> Minimums => _minimums;

    /// <summary>u_k, K values; the number of rows where there is no maximum.</summary>
    public ReadOnlySpan<int> Maximums => _maximums;

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
    public static SizeBounds Of(HeadPlan plan, int rows, double? maximumSizeRatio = null, IReadOnlyList<double>? maximumSizes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        var K = plan.ClusterCount;
        var minimums = new int[K];
        for (var k = 0; k < K; k++)
            minimums[k] = (int)Math.Floor(Tolerant(plan.RequiredSize(k) * rows / plan.ImageCount, +1));
        return new SizeBounds(rows, minimums, MaximumsOf(plan, rows, maximumSizeRatio, maximumSizes));
    }

    /// <summary>The bounds of a part of the rows: minimums in proportion rounded down, maximums rounded up.</summary>
    internal SizeBounds Scaled(int rows)
    {
        int[] least = [.. _minimums.Select(size => (int)((long)size * rows / Rows))];
        return new(rows, least, HasMaximums ? [.. _maximums.Select(size => (int)(((long)size * rows + Rows - 1) / Rows))] : []);
    }

    static int[] MaximumsOf(HeadPlan plan, int rows, double? ratio, IReadOnlyList<double>? sizes)
    {
        if (ratio is { } one)
        {
            if (sizes is not null)
            {
                throw Refuse("maximumSizes", sizes.Count, "Maximum sizes are given as a ratio and one by one: give only one of them.");
            }

            if (!(one >= 1))
            {
                throw Refuse(
                    "maximumSizeRatio",
                    one,
                    $"The maximum size ratio is {Text(one)}: give 1, where all are equally large, or more."
                );
            }

            return [.. Enumerable.Repeat(Whole(one * rows / plan.ClusterCount, rows), plan.ClusterCount)];
        }

        if (sizes is null)
            return [];
        for (var k = 0; k < sizes.Count; k++)
        {
            if (sizes[k] >= 0)
                continue; // NaN fails this
            throw Refuse($"maximumSizes[{k}]", sizes[k], $"The maximum of cluster {k} is {Text(sizes[k])}: give a number of at least 0.");
        }

        return [.. sizes.Select(size => Whole(size * rows / plan.ImageCount, rows))];
    }

    // Whole rows that a maximum allows; more than all rows are no maximum.
    static int Whole(double size, int rows) => (int)Math.Min(rows, Math.Ceiling(Tolerant(size, -1)));

    // 0.9 * 20000 / 100 is 180, whatever binary fractions make of it.
    static double Tolerant(double size, int sign) => size + sign * (1e-9 + 1e-12 * size);

    void Validate()
    {
        if (_minimums.Length == 0)
            throw Refuse("minimumSizes", 0, "No minimum sizes are given: give one per cluster.");
        if (_maximums.Length != _minimums.Length)
        {
            throw Refuse(
                "maximumSizes",
                _maximums.Length,
                $"There are {_maximums.Length} maximum sizes and {_minimums.Length} minimum sizes: give one of each per cluster."
            );
        }

        for (var k = 0; k < _minimums.Length; k++)
        {
            if (_minimums[k] < 0)
            {
                throw Refuse(
                    $"minimumSizes[{k}]",
                    _minimums[k],
                    $"The minimum of cluster {k} is {_minimums[k]}: give a number of at least 0."
                );
            }

            if (HasMaximums && _maximums[k] < _minimums[k])
            {
                throw Refuse(
                    $"maximumSizes[{k}]",
                    _maximums[k],
                    $"The maximum of cluster {k} is {_maximums[k]}, below its minimum of {_minimums[k]}: raise the one or lower the other."
                );
            }
        }

        long least = _minimums.Sum(size => (long)size),
            most = _maximums.Sum(size => (long)size);
        if (least > Rows)
        {
            throw Refuse(
                "minimumSizes",
                least,
                $"The minimum sizes of {ClusterCount} clusters sum to {least} but there are only {Rows} rows: lower them, "
                    + "or take fewer clusters."
            );
        }

        if (most < Rows)
        {
            throw Refuse(
                "maximumSizes",
                most,
                $"The maximum sizes of {ClusterCount} clusters sum to {most} but there are {Rows} rows: raise them, or take more clusters."
            );
        }
    }

    static InvalidOptionsException Refuse(string field, double value, string message) => new(field, Text(value), message);

    static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);
}
