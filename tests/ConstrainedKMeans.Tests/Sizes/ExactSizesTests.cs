using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Sizes;

public class ExactSizesTests
{
    const int Problems = 200;

    /// <summary>How far below the optimum a sum may be, as a share of it (of a tenth per row where the optimum is near zero).</summary>
    const double Tolerance = 1e-6;

    /// <summary>N and K: any, K = N, and K just below N.</summary>
    static readonly Gen<(int Rows, int Clusters)> Counts = Gen.OneOf(
        Gen.Select(Gen.Int[12, 300], Gen.Int[1, 12]),
        Gen.Int[1, 12].Select(K => (K, K)),
        Gen.Select(Gen.Int[2, 12], Gen.Int[1, 3]).Select((K, more) => (K + more, K))
    );

    static readonly Gen<SizedShape> Shapes = Gen.Select(
            Counts,
            Gen.Int[2, 24],
            Gen.Enum<RowKind>(),
            Gen.Enum<CenterKind>(),
            Gen.Enum<BoundKind>(),
            Gen.Enum<PriceKind>(),
            Gen.Int[0, int.MaxValue]
        )
        .Select(
            (counts, d, rows, centers, bounds, prices, seed) =>
                new SizedShape(counts.Rows, counts.Clusters, d, rows, centers, bounds, prices, seed)
        );

    [Fact]
    public void Assign_AnyProblem_ReachesTheOptimumOfAnIndependentSolver() =>
        Shapes.Sample(shape => IsTheOptimum(SizedProblem.Of(shape)), iter: Problems);

    [Theory]
    [MemberData(nameof(Kinds))]
    internal void Assign_EveryKindOfRowsAndBounds_ReachesTheOptimum(RowKind rows, BoundKind bounds)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            IsTheOptimum(SizedProblem.Of(new(97 + seed, 5, 8, rows, (CenterKind)seed, bounds, (PriceKind)seed, seed)));
        }
    }

    [Fact]
    public void Assign_AnyNumberOfThreads_GivesTheSame() =>
        Shapes.Sample(
            shape =>
            {
                var problem = SizedProblem.Of(shape);
                var alone = problem.Assign();
                foreach (var threads in new[] { 2, 5 })
                    AreEqual(alone, problem.Assign(threads: threads));
            },
            iter: 20
        );

    [Fact]
    public void Assign_LittleEffort_IsFeasibleAndKnowsItsGap() =>
        Gen.Select(Shapes, Gen.Int[1, 6])
            .Sample(
                (shape, passes) =>
                {
                    var problem = SizedProblem.Of(shape);
                    var similarities = problem.Similarities();

                    var result = problem.Assign(new SizeEffort(passes));

                    SizedCheck.IsFeasible(problem, similarities, result);
                    SizedCheck.BoundIsTheLagrangian(problem, similarities, result);
                    var optimum = TransportOptimum.Value(problem.KernelSimilarities(), problem.Bounds);
                    Assert.True(
                        result.Bound >= optimum - Rounding(problem),
                        $"The bound {result.Bound:R} is below the optimum {optimum:R}."
                    );
                    Assert.True(result.SimilaritySum <= optimum + Rounding(problem));
                    if (result.IsOptimal)
                        SizedCheck.IsComplementary(problem, similarities, result);
                },
                iter: 100
            );

    [Fact]
    public void Assign_NoBounds_GivesEveryRowItsMostSimilarCenter()
    {
        var problem = SizedProblem.Of(new(300, 12, 16, RowKind.Modes, CenterKind.Scattered, BoundKind.None, PriceKind.None, 1));
        var nearest = new int[problem.Rows];
        using var matrix = new ScoringMatrix(
            Problem.Plan(
                problem.Rows,
                problem.Dimension,
                100,
                new HeadOptions { ClusterCount = problem.ClusterCount, MinimumSizeRatio = 0 }
            ),
            problem.Centers
        );
        matrix.Assign(problem.Embeddings, problem.Rows, 0, nearest, Memory<float>.Empty, threads: 1);

        var result = problem.Assign();

        Assert.Equal(nearest, result.Labels);
        Assert.Equal(0, result.MovedRows);
        Assert.All(result.Prices, price => Assert.Equal(0, price));
    }

    [Fact]
    public void Assign_CanceledBefore_Stops()
    {
        var problem = SizedProblem.Of(new(100, 5, 8, RowKind.Skewed, CenterKind.Rows, BoundKind.EqualShares, PriceKind.None, 1));
        Assert.ThrowsAny<OperationCanceledException>(() =>
            ExactSizes.Assign(
                problem.Embeddings,
                problem.Dimension,
                problem.Centers,
                problem.Bounds,
                cancellation: new CancellationToken(canceled: true)
            )
        );
    }

    public static IEnumerable<object[]> Kinds =>
        from rows in Enum.GetValues<RowKind>()
        from bounds in Enum.GetValues<BoundKind>()
        select new object[] { rows, bounds };

    static void IsTheOptimum(SizedProblem problem)
    {
        var similarities = problem.Similarities();
        var optimum = TransportOptimum.Value(similarities, problem.Bounds);

        var result = problem.Assign();

        SizedCheck.IsFeasible(problem, similarities, result);
        SizedCheck.IsComplementary(problem, similarities, result);
        SizedCheck.BoundIsTheLagrangian(problem, similarities, result);
        var reached = Enumerable.Range(0, problem.Rows).Sum(n => similarities[(n * problem.ClusterCount) + result.Labels[n]]);
        Assert.Equal(optimum, reached, Tolerance * Math.Max(Math.Abs(optimum), 0.1 * problem.Rows));

        // With similarities as the kernel makes them there is nothing between the sum, the optimum and the bound.
        var exact = TransportOptimum.Value(problem.KernelSimilarities(), problem.Bounds);
        Assert.Equal(exact, result.SimilaritySum, Rounding(problem));
        Assert.Equal(exact, result.Bound, Rounding(problem));
    }

    // What sums in double precision and costs rounded to 2^-40 may be off.
    static double Rounding(SizedProblem problem) => 1e-11 * problem.Rows;

    static void AreEqual(SizedAssignment expected, SizedAssignment actual)
    {
        Assert.Equal(expected.Labels, actual.Labels);
        Assert.Equal(expected.Sizes, actual.Sizes);
        Assert.Equal(expected.Prices, actual.Prices);
        Assert.Equal(
            (expected.SimilaritySum, expected.Bound, expected.MovedRows, expected.IsOptimal, expected.Passes),
            (actual.SimilaritySum, actual.Bound, actual.MovedRows, actual.IsOptimal, actual.Passes)
        );
    }
}
