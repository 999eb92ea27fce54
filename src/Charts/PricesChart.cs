using System.Text;

namespace CoKe.Charts;

/// <summary>The prices of one head's size bounds as bars above and below zero, in the order of the sizes, as inline SVG.</summary>
public static class PricesChart
{
    const double Left = 52,
        Right = 6,
        Top = 8,
        Bottom = 8;

    /// <param name="sizes">Members of every cluster, which give the order: largest first, as in <see cref="SizesChart"/>.</param>
    /// <param name="prices">The price of every cluster.</param>
    /// <param name="frame">How large it is.</param>
    /// <returns>An svg element.</returns>
    public static string Svg(IReadOnlyList<int> sizes, IReadOnlyList<double> prices, ChartFrame frame)
    {
        var y = Scale.Around(prices.Append(0), frame.Height - Bottom, Top);
        var slot = (frame.Width - Left - Right) / prices.Count;
        var gap =
            slot > 8 ? 2
            : slot > 4 ? 1
            : Math.Min(0.3, slot / 4);
        var svg = new StringBuilder(
            $"<svg viewBox=\"0 0 {frame.Width} {frame.Height}\" role=\"img\" aria-label=\"prices of {prices.Count} clusters\">"
        );
        foreach (var (tick, text) in y.Ticks(3))
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{frame.Width - Right}\" y1=\"{y[tick]:0.#}\" y2=\"{y[tick]:0.#}\"/>");
            svg.Append($"<text class=\"tick end\" x=\"{Left - 7}\" y=\"{y[tick] + 4:0.#}\">{text}</text>");
        }
        foreach (var (place, (cluster, _)) in sizes.Index().OrderByDescending(s => s.Item).Index())
        {
            var (top, bottom) = (Math.Min(y[prices[cluster]], y[0]), Math.Max(y[prices[cluster]], y[0]));
            svg.Append(
                $"<rect class=\"bar{(prices[cluster] < 0 ? " below" : "")}\" x=\"{Left + place * slot + gap / 2:0.##}\" y=\"{top:0.#}\" "
                    + $"width=\"{slot - gap:0.##}\" height=\"{bottom - top:0.#}\">"
                    + $"<title>cluster {cluster}: {prices[cluster]:0.#####}</title></rect>"
            );
        }
        return svg.Append("</svg>").ToString();
    }
}
