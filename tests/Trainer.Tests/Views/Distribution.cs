using System.IO.Compression;
using System.Text.Json;

namespace CoKe.Trainer.Tests.Views;

/// <summary>What Peers/views_distribution.py measured: 51 quantiles of every number, and the correlations between the numbers.</summary>
sealed record Distribution(double[][] Quantiles, double[][] Correlations)
{
    /// <summary>Numerical differences between two computations of one number, which matter where many views have one value.</summary>
    const double Rounding = 2e-3;

    static readonly JsonDocument Golden = Read();

    public static int PeerCount => Golden.RootElement.GetProperty("count").GetInt32();

    public static IReadOnlyList<string> Names(string kind) =>
        [.. Golden.RootElement.GetProperty(kind).EnumerateObject().Select(c => c.Name)];

    public static Distribution Of(string kind, string name)
    {
        var json = Golden.RootElement.GetProperty(kind).GetProperty(name);
        return new Distribution(Table(json.GetProperty("quantiles")), Table(json.GetProperty("correlations")));
    }

    /// <summary>The two-sample statistic of Kolmogorov and Smirnov, at the quantiles that are there.</summary>
    /// <param name="column">Which number.</param>
    /// <param name="values">Ours.</param>
    public double Distance(int column, IEnumerable<double> values)
    {
        var (ours, largest) = (values.Order().ToArray(), 0.0);
        for (var level = 0; level < Quantiles[column].Length; level++)
        {
            var (quantile, p) = (Quantiles[column][level], (double)level / (Quantiles[column].Length - 1));
            // Where the peer's values are equal, a whole range of levels has one quantile.
            largest = Math.Max(
                largest,
                Math.Max(Part(ours, v => v < quantile - Rounding) - p, p - Part(ours, v => v <= quantile + Rounding))
            );
        }
        return largest;
    }

    /// <summary>The largest difference of a correlation.</summary>
    public double CorrelationDistance(double[][] rows)
    {
        var (n, width) = (rows.Length, rows[0].Length);
        var means = Enumerable.Range(0, width).Select(c => rows.Average(r => r[c])).ToArray();
        var deviations = Enumerable
            .Range(0, width)
            .Select(c => Math.Sqrt(rows.Average(r => (r[c] - means[c]) * (r[c] - means[c]))))
            .ToArray();
        var largest = 0.0;
        for (var a = 0; a < width; a++)
            for (var b = 0; b < a; b++)
                if (Correlations[a][a] > 0 && Correlations[b][b] > 0) // what hardly varies has none
                    largest = Math.Max(
                        largest,
                        Math.Abs(
                            Correlations[a][b] - rows.Sum(r => (r[a] - means[a]) * (r[b] - means[b])) / (n * deviations[a] * deviations[b])
                        )
                    );
        return largest;
    }

    /// <summary>What the statistic stays below with a probability of 0.9999 when both samples are of one distribution.</summary>
    public static double Bound(int count) => Math.Sqrt(-Math.Log(1e-4 / 2) / 2 * (1.0 / count + 1.0 / PeerCount));

    static double Part(double[] values, Predicate<double> holds) => (double)values.Count(v => holds(v)) / values.Length;

    static double[][] Table(JsonElement json) =>
        [.. json.EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray())];

    static JsonDocument Read()
    {
        using var stream = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "views_distribution.json.gz")),
            CompressionMode.Decompress
        );
        return JsonDocument.Parse(stream);
    }
}
