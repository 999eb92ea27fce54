using System.Text;

namespace CoKe.Charts;

/// <summary>The sizes of one head's clusters as bars, largest first, against the minimums and maximums that were asked, as inline
/// SVG.</summary>
public static class SizesChart
{
    const double Left = 40,
        Right = 6,
        Top = 8,
        Bottom = 8;

    /// <summary>Every cluster with the same minimum.</summary>
    /// <param name="sizes">Members of every cluster.</param>
    /// <param name="minimum">The minimum asked of each.</param>
    /// <param name="frame">How large it is.</param>
    /// <returns>An svg element.</returns>
    public static string Svg(IReadOnlyList<int> sizes, double minimum, ChartFrame frame) =>
        Svg(sizes, [.. Enumerable.Repeat(minimum, sizes.Count)], [], frame);

    /// <summary>Every cluster with bounds of its own: dashed lines, bars outside them are marked.</summary>
    /// <param name="sizes">Members of every cluster.</param>
    /// <param name="minimums">The minimum asked of each.</param>
    /// <param name="maximums">The maximum asked of each, infinite where there is none; empty: no maximums.</param>
    /// <param name="frame">How large it is.</param>
    /// <returns>An svg element.</returns>
    public static string Svg(IReadOnlyList<int> sizes, IReadOnlyList<double> minimums, IReadOnlyList<double> maximums, ChartFrame frame)
    {
        var y = Scale.Around(sizes.Select(s => (double)s).Concat(minimums).Concat(maximums), frame.Height - Bottom, Top, fromZero: true);
        var slot = (frame.Width - Left - Right) / sizes.Count;
        var gap =
            slot > 8 ? 2
            : slot > 4 ? 1
            : Math.Min(0.3, slot / 4);
        int[] order = [.. sizes.Index().OrderByDescending(s => s.Item).Select(s => s.Index)];
        var svg = new StringBuilder(
            $"<svg viewBox=\"0 0 {frame.Width} {frame.Height}\" role=\"img\" aria-label=\"sizes of {sizes.Count} clusters, "
                + $"at least {minimums.Min():0} asked"
        )
            .Append(maximums.Count > 0 ? $", at most {maximums.Max():0}" : "")
            .Append("\">");
        foreach (var (tick, text) in y.Ticks(4, wholeOnly: true))
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{frame.Width - Right}\" y1=\"{y[tick]:0.#}\" y2=\"{y[tick]:0.#}\"/>");
            svg.Append($"<text class=\"tick end\" x=\"{Left - 7}\" y=\"{y[tick] + 4:0.#}\">{text}</text>");
        }
        foreach (var (place, cluster) in order.Index())
        {
            var size = sizes[cluster];
            var isOutside = size < minimums[cluster] || (maximums.Count > 0 && size > maximums[cluster]);
            svg.Append(
                $"<rect class=\"bar{(isOutside ? " short" : "")}\" x=\"{Left + place * slot + gap / 2:0.##}\" y=\"{y[size]:0.#}\" "
                    + $"width=\"{slot - gap:0.##}\" height=\"{Math.Max(0, y[0] - y[size]):0.#}\">"
                    + $"<title>cluster {cluster}: {size}</title></rect>"
            );
        }
        BoundLine(svg, y, slot, [.. order.Select(k => minimums[k])]);
        if (maximums.Count > 0)
            BoundLine(svg, y, slot, [.. order.Select(k => maximums[k])]);
        return svg.Append("</svg>").ToString();
    }

    // One line for every stretch of neighbors with one bound.
    static void BoundLine(StringBuilder svg, Scale y, double slot, double[] bounds)
    {
        for (int first = 0, end; first < bounds.Length; first = end)
        {
            for (end = first + 1; end < bounds.Length && bounds[end] == bounds[first];)
                end++;
            if (double.IsFinite(bounds[first]))
                svg.Append(
                    $"<line class=\"line limit\" x1=\"{Left + first * slot:0.##}\" x2=\"{Left + end * slot:0.##}\" "
                        + $"y1=\"{y[bounds[first]]:0.#}\" y2=\"{y[bounds[first]]:0.#}\"/>"
                );
        }
    }
}
