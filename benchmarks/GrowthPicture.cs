using System.Globalization;
using System.Text;

namespace CoKe.Benchmarks;

/// <summary>A step's time over K, both axes in powers of ten.</summary>
static class GrowthPicture
{
    const int Width = 640,
        Height = 380,
        Left = 64,
        Bottom = 330,
        Right = 610,
        Top = 30;

    public static string Svg(int[] clusters, IReadOnlyList<GrowthBenchmark.Point> one, IReadOnlyList<GrowthBenchmark.Point> two)
    {
        var (lowest, highest) = (Power(clusters.Min(), Math.Floor), Power(clusters.Max(), Math.Ceiling));
        var times = one.Concat(two).Select(point => point.Step).ToArray();
        var (shortest, longest) = (Power(times.Min(), Math.Floor), Power(times.Max(), Math.Ceiling));
        double X(double K) => Left + ((Math.Log10(K) - lowest) / (highest - lowest) * (Right - Left));
        double Y(double ms) => Bottom - ((Math.Log10(ms) - shortest) / (longest - shortest) * (Bottom - Top));
        var svg = new StringBuilder();
        void Add(FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Add($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        for (var power = lowest; power <= highest; power++)
        {
            var x = X(Math.Pow(10, power));
            Add($"<path d=\"M{x:f1} {Top}V{Bottom}\" stroke=\"#ddd\"/>");
            Add($"<text x=\"{x:f1}\" y=\"{Bottom + 18}\" text-anchor=\"middle\">{Math.Pow(10, power):n0}</text>");
        }

        for (var power = shortest; power <= longest; power++)
        {
            var y = Y(Math.Pow(10, power));
            Add($"<path d=\"M{Left} {y:f1}H{Right}\" stroke=\"#ddd\"/>");
            Add($"<text x=\"{Left - 8}\" y=\"{y + 4:f1}\" text-anchor=\"end\">{Math.Pow(10, power):n0}</text>");
        }

        Line(one, "#1f6fb2", "one silo", 0);
        Line(two, "#c4531c", "two silos", 1);
        Add($"<text x=\"{(Left + Right) / 2}\" y=\"{Height - 10}\" text-anchor=\"middle\">clusters K</text>");
        Add($"<text x=\"{Left}\" y=\"{Top - 12}\" text-anchor=\"middle\">ms a step</text>");
        svg.AppendLine("</svg>");
        return svg.ToString();

        void Line(IReadOnlyList<GrowthBenchmark.Point> points, string color, string name, int row)
        {
            var path = string.Join(
                " ",
                points.Select((point, i) => string.Create(CultureInfo.InvariantCulture, $"{X(clusters[i]):f1},{Y(point.Step):f1}"))
            );
            Add($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");
            foreach (var (i, point) in points.Index())
                Add($"<circle cx=\"{X(clusters[i]):f1}\" cy=\"{Y(point.Step):f1}\" r=\"4\" fill=\"{color}\"/>");
            Add($"<text x=\"{Left + 16}\" y=\"{Top + 18 + (18 * row)}\" fill=\"{color}\">{name}</text>");
        }
    }

    static double Power(double value, Func<double, double> round) => round(Math.Log10(value));
}
