using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Scoring;

public sealed class ScoreReductionTests
{
    static readonly Gen<(int Dimension, int Clusters, int Rows, int Parts, int Seed)> Shapes = Gen.Select(
        Gen.Int[1, 40],
        Gen.Int[1, 130],
        Gen.Int[1, 60],
        Gen.Int[1, 5],
        Gen.Int
    );

    /// <summary>Clusters dealt out to parts at random, scored apart and reduced in any order: bit for bit what one matrix gives.</summary>
    [Fact]
    public void Take_OfAnyPartsInAnyOrder_IsWhatOneMatrixGives() =>
        Shapes.Sample(
            shape =>
            {
                var random = new SeededRandom(shape.Seed);
                var plan = Problem.Plan(
                    1000,
                    shape.Dimension,
                    32,
                    new HeadOptions { ClusterCount = shape.Clusters, DualLearningRate = 0.5 }
                );
                float[] x = Values(random, shape.Rows * shape.Dimension),
                    centers = Values(random, shape.Clusters * shape.Dimension);
                var duals = Enumerable.Range(0, shape.Clusters).Select(_ => new Dual(random.NextInt32(3) * 0.25, 7)).ToArray();
                var whole = Score(plan, [.. Enumerable.Range(0, shape.Clusters)], centers, duals, x, shape.Rows);
                var dealt = Enumerable
                    .Range(0, shape.Clusters)
                    .GroupBy(_ => random.NextInt32(shape.Parts))
                    .OrderBy(_ => random.NextInt32(9));
                Best? reduced = null;
                foreach (var part in dealt)
                {
                    var best = Score(plan, [.. part], centers, duals, x, shape.Rows);
                    if (reduced is null)
                        reduced = best;
                    else
                        ScoreReduction.Take(
                            reduced.Scores,
                            reduced.Clusters,
                            reduced.Similarities,
                            best.Scores,
                            best.Clusters,
                            best.Similarities
                        );
                }

                Assert.Equal(whole.Clusters, reduced!.Clusters);
                Assert.Equal(whole.Scores, reduced.Scores);
                Assert.Equal(whole.Similarities, reduced.Similarities);
            },
            iter: 150
        );

    [Fact]
    public void Take_OfEqualScores_KeepsTheLowerCluster()
    {
        (float[] scores, int[] clusters, float[] similarities) = ([1, 1, 1, 2], [5, 5, 5, 5], [0, 0, 0, 0]);
        ScoreReduction.Take(scores, clusters, similarities, [1, 1, 2, 1], [4, 6, 6, 4], [9, 9, 9, 9]);
        Assert.Equal([4, 5, 6, 5], clusters);
        Assert.Equal([9f, 0, 9, 0], similarities);
    }

    static Best Score(HeadPlan plan, int[] clusters, float[] centers, Dual[] duals, float[] x, int rows)
    {
        var d = plan.Dimension;
        using var matrix = new ScoringMatrix(plan, clusters);
        for (var i = 0; i < clusters.Length; i++)
        {
            matrix.SetCenter(i, centers.AsSpan(clusters[i] * d, d));
            matrix.SetDual(i, duals[clusters[i]]);
        }

        var best = new Best(new float[rows], new int[rows], new float[rows]);
        matrix.Assign(x, rows, 20, best.Clusters, best.Scores, best.Similarities, threads: 1);
        for (var row = 0; row < rows; row++)
            best.Clusters[row] = clusters[best.Clusters[row]];
        return best;
    }

    // Few distinct values, so that ties are frequent.
    static float[] Values(SeededRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextInt32(5) - 2) / 4f)];

    sealed record Best(float[] Scores, int[] Clusters, float[] Similarities);
}
