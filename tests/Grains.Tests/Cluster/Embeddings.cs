using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Unit vectors for tests in which only their shape matters.</summary>
static class Embeddings
{
    /// <summary>n x d: the unit vectors of the images from <paramref name="first"/> on, always the same.</summary>
    public static float[] Rows(int first, int n, int d)
    {
        var rows = new float[n * d];
        for (var i = 0; i < n; i++)
        {
            var random = new SeededRandom(11, first + i);
            var row = rows.AsSpan(i * d, d);
            foreach (ref var v in row)
                v = (float)random.NextNormal();
            var norm = Math.Sqrt(row.ToArray().Sum(v => (double)v * v));
            foreach (ref var v in row)
                v = (float)(v / norm);
        }

        return rows;
    }
}
