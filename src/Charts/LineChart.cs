using System.Net;
using System.Text;

namespace CoKe.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Written at its end.</param>
/// <param name="Style">CSS class: a, b, c, d, or limit (dashed).</param>
/// <param name="Points">Epoch or pass, and value.</param>
public sealed record Series(string Name, string Style, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A line chart as inline SVG. Colors and fonts come from the page's style sheet, so that it follows light and dark.</summary>
public static class LineChart
{
    const double Width = ChartFrame.WideWidth,
        Height = ChartFrame.WideHeight,
        Left = 46,
        Right = 84,
        Top = 10,
        Bottom = 30;

    /// <param name="label">What a screen reader says.</param>
    /// <param name="format">Format of the values where a point is told; with % the axis is in percent.</param>
    /// <param name="lines">The lines; points may be missing.</param>
    /// <param name="fromZero">Whether the values' axis must show zero.</param>
    /// <param name="each">What the other axis counts, in the singular, as the logs call it.</param>
    /// <returns>An svg element.</returns>
    public static string Svg(string label, string format, IReadOnlyList<Series> lines, bool fromZero = false, string each = "epoch")
    {
        var points = lines.SelectMany(l => l.Points).ToArray();
        var (first, last) = points.Length == 0 ? (0.0, 1.0) : (points.Min(p => p.X), points.Max(p => p.X));
        var x = new Scale(first, Math.Max(last, first + 1), Left, Width - Right);
        var y = Scale.Around(points.Select(p => p.Y), Height - Bottom, Top, fromZero);
        var svg = new StringBuilder($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(label)}\">");
        foreach (var (tick, text) in y.Ticks(4, inPercent: format.Contains('%')))
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y[tick]:0.#}\" y2=\"{y[tick]:0.#}\"/>");
            svg.Append($"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{y[tick] + 4:0.#}\">{text}</text>");
        }
        foreach (var (tick, text) in x.Ticks(6, wholeOnly: true))
            svg.Append($"<text class=\"tick middle\" x=\"{x[tick]:0.#}\" y=\"{Height - 8}\">{text}</text>");
        var names = PlaceNames(lines, y);
        foreach (var (line, nameAt) in lines.Zip(names))
        {
            if (line.Points.Count == 0)
                continue;
            var path = string.Join(' ', line.Points.Select(p => $"{x[p.X]:0.#},{y[p.Y]:0.#}"));
            svg.Append($"<polyline class=\"line {line.Style}\" points=\"{path}\"/>");
            foreach (var (px, py) in line.Points)
                svg.Append(
                    $"<circle class=\"spot {line.Style}\" cx=\"{x[px]:0.#}\" cy=\"{y[py]:0.#}\" r=\"4\"><title>{each} {px:0}: "
                        + $"{py.ToString(format)} {WebUtility.HtmlEncode(line.Name)}</title></circle>"
                );
            svg.Append(
                $"<text class=\"name {line.Style}\" x=\"{Width - Right + 8}\" y=\"{nameAt:0.#}\">{WebUtility.HtmlEncode(line.Name)}</text>"
            );
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Names stand at the ends of their lines, pushed apart where they would overlap.</summary>
    static double[] PlaceNames(IReadOnlyList<Series> lines, Scale y)
    {
        const double apart = 15;
        var places = lines.Select(l => l.Points.Count == 0 ? 0 : y[l.Points[^1].Y] + 4).ToArray();
        var above = double.NegativeInfinity;
        foreach (var i in Enumerable.Range(0, places.Length).OrderBy(i => places[i]))
            above = places[i] = Math.Max(places[i], above + apart);
        var below = Height - Bottom + 4;
        foreach (var i in Enumerable.Range(0, places.Length).OrderByDescending(i => places[i]))
            below = (places[i] = Math.Min(places[i], below)) - apart;
        return places;
    }
}
