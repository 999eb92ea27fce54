using CoKe.ConstrainedKMeans;

namespace CoKe.Testing;

/// <summary>Embeddings of a run in which only their shape matters.</summary>
static class UnitRows
{
    /// <summary>n x d random unit vectors, always the same for one seed.</summary>
    public static float[] Random(int seed, int n, int d)
    {
        var random = new SeededRandom(seed, 2);
        var rows = new float[n * d];
        for (var i = 0; i < n; i++)
        {
            var row = rows.AsSpan(i * d, d);
            foreach (ref var v in row)
                v = (float)random.NextNormal();
            var norm = 0.0;
            foreach (var v in row)
                norm += (double)v * v;
            foreach (ref var v in row)
                v = (float)(v / Math.Sqrt(norm));
        }

        return rows;
    }

    /// <summary>The rows of some images, one below the other.</summary>
    public static float[] Of(float[] rows, int[] ids, int d)
    {
        var some = new float[ids.Length * d];
        for (var i = 0; i < ids.Length; i++)
            rows.AsSpan(ids[i] * d, d).CopyTo(some.AsSpan(i * d));
        return some;
    }
}
