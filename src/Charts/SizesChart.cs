using System.Text;

namespace CoKe.Charts;

/// <summary>The sizes of one head's clusters as bars, largest first, against the minimum that was asked, as inline SVG.</summary>
public static class SizesChart
{
    const double Width = 340, Height = 150, Left = 40, Right = 6, Top = 8, Bottom = 8;

    /// <returns>An svg element.</returns>
    /// <param name="sizes">Members of every cluster.</param>
    /// <param name="minimum">The minimum asked of each.</param>
    public static string Svg(IReadOnlyList<int> sizes, double minimum)
    {
        var y = Scale.Around(sizes.Select(s => (double)s).Append(minimum), Height - Bottom, Top, fromZero: true);
        var slot = (Width - Left - Right) / sizes.Count;
        var gap = slot > 8 ? 2 : slot > 4 ? 1 : Math.Min(0.3, slot / 4);
        var svg = new StringBuilder($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"sizes of {sizes.Count} clusters, at least {minimum:0} asked\">");
        foreach (var tick in y.Ticks(3))
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y[tick]:0.#}\" y2=\"{y[tick]:0.#}\"/>");
            svg.Append($"<text class=\"tick end\" x=\"{Left - 7}\" y=\"{y[tick] + 4:0.#}\">{tick:0}</text>");
        }
        foreach (var (place, (cluster, size)) in sizes.Index().OrderByDescending(s => s.Item).Index())
            svg.Append($"<rect class=\"bar{(size < minimum ? " short" : "")}\" x=\"{Left + place * slot + gap / 2:0.##}\" y=\"{y[size]:0.#}\" width=\"{slot - gap:0.##}\" height=\"{Math.Max(0, y[0] - y[size]):0.#}\">"
                + $"<title>cluster {cluster}: {size}</title></rect>");
        svg.Append($"<line class=\"line limit\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y[minimum]:0.#}\" y2=\"{y[minimum]:0.#}\"/>");
        return svg.Append("</svg>").ToString();
    }
}
