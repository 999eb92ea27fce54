namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>Similarities computed the plain way, apart from the scoring kernel.</summary>
static class Scores
{
    /// <summary>x . c of every row and center in double precision, row-major.</summary>
    public static double[] Of(ReadOnlySpan<float> embeddings, int d, ReadOnlySpan<float> centers)
    {
        var (N, K) = (embeddings.Length / d, centers.Length / d);
        var scores = new double[N * K];
        for (var n = 0; n < N; n++)
        {
            for (var k = 0; k < K; k++)
            {
                var score = 0.0;
                for (var i = 0; i < d; i++)
                    score += (double)embeddings[(n * d) + i] * centers[(k * d) + i];
                scores[(n * K) + k] = score;
            }
        }

        return scores;
    }

    /// <summary>The same as the scoring kernel defines it: the ascending-d chain of float32 fused multiply-adds from zero.</summary>
    public static double[] OfKernel(ReadOnlySpan<float> embeddings, int d, ReadOnlySpan<float> centers)
    {
        var (N, K) = (embeddings.Length / d, centers.Length / d);
        var scores = new double[N * K];
        for (var n = 0; n < N; n++)
        {
            for (var k = 0; k < K; k++)
            {
                var score = 0f;
                for (var i = 0; i < d; i++)
                    score = MathF.FusedMultiplyAdd(embeddings[(n * d) + i], centers[(k * d) + i], score);
                scores[(n * K) + k] = score;
            }
        }

        return scores;
    }
}
