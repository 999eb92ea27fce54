namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>Unit rows that are hard to share out.</summary>
static class SizedRows
{
    const int DifferentRows = 5;
    const int Blobs = 10;

    public static float[] Of(RowKind kind, SeededRandom random, int N, int d) =>
        kind switch
        {
            RowKind.Modes => Features.Modes(random, N, d),
            RowKind.Repeated => Draw(random, Scattered(random, DifferentRows, d), N, d),
            RowKind.AllEqual => Draw(random, Scattered(random, 1, d), N, d),
            RowKind.Skewed => Skewed(random, N, d),
            RowKind.Scattered => Scattered(random, N, d),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    /// <summary>Ten blobs, of which the first has nine of ten rows.</summary>
    public static float[] Skewed(SeededRandom random, int N, int d) =>
        Around(random, N, d, Blobs, noise: 0.3, () => random.NextUniform() < 0.9 ? 0 : 1 + random.NextInt32(Blobs - 1));

    /// <summary>Blobs whose shares of the rows fall as 1, 1/2, 1/3 and so on.</summary>
    public static float[] UnequalModes(SeededRandom random, int N, int d, int modes)
    {
        var shares = new double[modes];
        for (var m = 0; m < modes; m++)
            shares[m] = (m == 0 ? 0 : shares[m - 1]) + (1.0 / (m + 1));
        return Around(random, N, d, modes, noise: 0.4, () =>
        {
            var at = Array.BinarySearch(shares, random.NextUniform() * shares[^1]);
            return Math.Min(at < 0 ? ~at : at, modes - 1);
        });
    }

    /// <summary>Every fifth row becomes a copy of one in <paramref name="originals"/>.</summary>
    public static void RepeatAFifth(SeededRandom random, float[] rows, int d, int originals)
    {
        for (var row = 0; row < rows.Length / d; row += 5)
            rows.AsSpan(random.NextInt32(originals) * d, d).CopyTo(rows.AsSpan(row * d, d));
    }

    static float[] Scattered(SeededRandom random, int N, int d) => Around(random, N, d, modes: 1, noise: 1, () => 0);

    static float[] Draw(SeededRandom random, float[] from, int N, int d) =>
        Features.Rows(from, d, [.. Enumerable.Range(0, N).Select(_ => random.NextInt32(from.Length / d))]);

    // With one mode it is the origin: the rows then point anywhere.
    static float[] Around(SeededRandom random, int N, int d, int modes, double noise, Func<int> choose)
    {
        var centers = Enumerable.Range(0, modes * d).Select(_ => modes == 1 ? 0 : random.NextNormal()).ToArray();
        var rows = new float[N * d];
        var row = new double[d];
        for (var n = 0; n < N; n++)
        {
            var mode = choose();
            for (var i = 0; i < d; i++)
                row[i] = centers[(mode * d) + i] + (noise * random.NextNormal());
            UnitVector.Normalize(row, row);
            UnitVector.Round(row, rows.AsSpan(n * d, d));
        }

        return rows;
    }
}
