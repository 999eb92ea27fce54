using System.Runtime.Intrinsics;
using CoKe.Client.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Clustering;

/// <summary>
/// Initial centers for ready-made features: rows far from each other, by greedy k-means++ (Arthur and Vassilvitskii 2007), which twenty
/// passes need to reach what a converged k-means reaches. Equal seeds give equal rows, whatever the number of processors.
/// </summary>
static class SpreadCenters
{
    const int SmallestSample = 16_384;
    const int SamplePerCluster = 8;

    // Candidates per center are reduced where they would take more than some seconds in all.
    const double MostProducts = 2e10;

    // Fixed, so that sums are added in one order on every machine.
    const int Parts = 64;

    /// <summary>Chooses K rows: K x d, row-major.</summary>
    /// <param name="features">What will be clustered.</param>
    /// <param name="clusterCount">K, at most N.</param>
    /// <param name="random">Draws sample and candidates.</param>
    public static float[] Choose(FeatureMatrix features, int clusterCount, SeededRandom random)
    {
        var (K, d) = (clusterCount, features.Dimension);
        var size = (int)Math.Min(features.Rows, Math.Max(SmallestSample, (long)SamplePerCluster * K));
        var sample = features.Gather(random.Permutation(features.Rows).AsSpan(0, size));
        var candidates = Math.Clamp((int)(MostProducts / ((double)size * K * d)), 1, 2 + (int)Math.Log(K));

        var centers = new float[K * d];
        sample.AsSpan(0, d).CopyTo(centers); // the sample is in random order
        var distances = new double[size];
        Array.Fill(distances, double.PositiveInfinity);
        Lower([0]);
        for (var k = 1; k < K; k++)
        {
            var drawn = new int[candidates];
            var total = distances.Sum();
            for (var c = 0; c < candidates; c++) drawn[c] = Draw(total * random.NextUniform());
            var row = candidates == 1 ? drawn[0] : drawn[IndexOfSmallest(Remaining(drawn))];
            sample.AsSpan(row * d, d).CopyTo(centers.AsSpan(k * d));
            Lower([row]);
        }

        return centers;

        // A row with probability in proportion to its distance from the nearest center; any when all are centers' twins.
        int Draw(double target)
        {
            var last = random.NextInt32(size);
            for (var i = 0; i < size; i++)
            {
                if (!(distances[i] > 0)) continue;
                (last, target) = (i, target - distances[i]);
                if (target < 0) break;
            }

            return last;
        }

        // Per candidate the sum of distances that would remain.
        double[] Remaining(int[] rows)
        {
            var parts = new double[Parts][];
            Parallel.For(0, Parts, part =>
            {
                var sums = parts[part] = new double[rows.Length];
                for (var i = First(part); i < First(part + 1); i++)
                {
                    for (var c = 0; c < rows.Length; c++) sums[c] += Math.Min(distances[i], Distance(i, rows[c]));
                }
            });
            return parts.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]);
        }

        void Lower(int[] rows) => Parallel.For(0, Parts, part =>
        {
            for (var i = First(part); i < First(part + 1); i++) distances[i] = Math.Min(distances[i], Distance(i, rows[0]));
        });

        int First(int part) => (int)((long)size * part / Parts);

        // Half the squared distance of unit rows; a row is exactly 0 from itself.
        double Distance(int a, int b) => a == b ? 0 : Math.Max(0, 1 - Dot(sample.AsSpan(a * d, d), sample.AsSpan(b * d, d)));
    }

    static int IndexOfSmallest(double[] values) => Array.IndexOf(values, values.Min());

    static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector256<float> even = Vector256<float>.Zero, odd = Vector256<float>.Zero;
        var i = 0;
        for (; i <= a.Length - 16; i += 16)
        {
            even += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
            odd += Vector256.Create(a[(i + 8)..]) * Vector256.Create(b[(i + 8)..]);
        }

        var sum = Vector256.Sum(even + odd);
        for (; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
