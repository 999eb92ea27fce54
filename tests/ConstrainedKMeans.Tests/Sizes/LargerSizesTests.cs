namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>
/// Problems of the size at which the online passes alone miss their minimums by half. Too large for a solver; complementary slackness and
/// the certificate prove the optimum.
/// </summary>
public class LargerSizesTests
{
    [Theory]
    [InlineData(0.9, 180)]
    [InlineData(1.0, 200)]
    public void Assign_FiftyUnequalModes_MeetsEveryMinimumAtTheOptimum(double ratio, int minimum) =>
        IsTheOptimum(Clustered(SizedRows.UnequalModes(new SeededRandom(1), 20_000, 64, modes: 50), 64, 100, ratio), minimum);

    [Theory]
    [InlineData(0.4, 40)]
    [InlineData(1.0, 100)]
    public void Assign_OneBlobWithNineOfTenRows_MeetsEveryMinimumAtTheOptimum(double ratio, int minimum)
    {
        var problem = Clustered(SizedRows.Skewed(new SeededRandom(2), 1000, 32), 32, 10, ratio);
        var reached = IsTheOptimum(problem, minimum);
        var optimum = TransportOptimum.Value(problem.Similarities(), problem.Bounds);
        Assert.Equal(optimum, reached.SimilaritySum, 1e-6 * optimum);
    }

    [Theory]
    [InlineData(3)] // three rows, each many hundred times
    [InlineData(2000)]
    public void Assign_AFifthOfTheRowsRepeated_MeetsEveryMinimumAtTheOptimum(int originals)
    {
        var random = new SeededRandom(3);
        var rows = SizedRows.UnequalModes(random, 10_000, 32, modes: 30);
        SizedRows.RepeatAFifth(random, rows, 32, originals);
        IsTheOptimum(Clustered(rows, 32, 50, ratio: 1), 200);
    }

    [Fact]
    public void Assign_MaximumsLittleAboveTheMinimums_MeetsBothAtTheOptimum()
    {
        var problem = Clustered(SizedRows.UnequalModes(new SeededRandom(4), 10_000, 32, modes: 30), 32, 50, ratio: 0.9);
        var both = problem with { Bounds = new SizeBounds(10_000, problem.Bounds.Minimums, [.. Enumerable.Repeat(210, 50)]) };
        var result = IsTheOptimum(both, 180);
        Assert.Contains(result.Prices, price => price < 0);
    }

    // Nothing is known of the prices, nearly all rows must move, and rows come sorted by blob: prices are looked for on samples first.
    [Fact]
    public void Assign_SortedRowsWithoutStartPrices_IsTheOptimumWhateverTheThreads()
    {
        var rows = SizedRows.Skewed(new SeededRandom(6), 20_000, 32);
        var order = Enumerable.Range(0, 20_000).OrderBy(row => rows[row * 32]).ToArray();
        var problem = Clustered(Features.Rows(rows, 32, order), 32, 10, ratio: 1) with { StartPrices = [] };
        var two = IsTheOptimum(problem, 2000);
        var one = problem.Assign(threads: 1);
        Assert.Equal(two.Labels, one.Labels);
        Assert.Equal(two.Prices, one.Prices);
        Assert.Equal(two.Passes, one.Passes);
    }

    [Fact]
    public void Assign_MoreEffortThanSuffices_IsTheOptimumToo()
    {
        var random = new SeededRandom(7);
        var problem = Clustered(SizedRows.Skewed(random, 100, 8), 8, 5, ratio: 1) with { StartPrices = [2, 0, 0, 0, 0] };
        var enough = Enumerable.Range(1, 40).First(passes => problem.Assign(new SizeEffort(passes)).IsOptimal);
        Assert.All(Enumerable.Range(enough, 20), passes => Assert.True(problem.Assign(new SizeEffort(passes)).IsOptimal));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(3f)]
    public void Assign_ARowThatIsNoUnitVector_IsRefused(float value)
    {
        var rows = SizedRows.Skewed(new SeededRandom(8), 100, 8);
        var problem = Clustered(rows, 8, 5, ratio: 0.4);
        rows[17 * 8] = value; // the problem holds the same array
        var refused = Assert.Throws<InvalidEmbeddingsException>(() => problem.Assign(threads: 2));
        Assert.StartsWith("embeddings[17]", refused.Field);
    }

    static SizedAssignment IsTheOptimum(SizedProblem problem, int minimum)
    {
        Assert.All(problem.Bounds.Minimums.ToArray(), size => Assert.Equal(minimum, size));
        var similarities = problem.Similarities();
        var result = problem.Assign(threads: 2);
        SizedCheck.IsFeasible(problem, similarities, result);
        SizedCheck.IsComplementary(problem, similarities, result);
        SizedCheck.BoundIsTheLagrangian(problem, similarities, result);
        return result;
    }

    // Centers and duals after a few online passes, from rows as first centers, as `coke cluster` leaves them.
    static SizedProblem Clustered(float[] rows, int d, int K, double ratio)
    {
        var N = rows.Length / d;
        var options = Problem.Options(
            N,
            d,
            FeatureDefaults.BatchSize(N),
            new HeadOptions
            {
                ClusterCount = K,
                MinimumSizeRatio = ratio,
                CenterSchedule = CenterSchedule.Epoch,
            }
        );
        var random = new SeededRandom(N, K);
        using var kMeans = new OnlineConstrainedKMeans(options, [Features.Rows(rows, d, random.Permutation(N).AsSpan(0, K))])
        {
            Threads = 2,
        };
        for (var pass = 0; pass < 5; pass++)
        {
            foreach (var ids in random.Permutation(N).Chunk(options.BatchSize))
                kMeans.Step(Features.Rows(rows, d, ids), ids);
            kMeans.EndEpoch();
        }

        var head = kMeans.Heads[0];
        float[] centers = [.. Enumerable.Range(0, K).SelectMany(k => head.Frozen(k).ToArray())];
        return new(rows, d, centers, SizeBounds.Of(head.Plan, N), [.. Enumerable.Range(0, K).Select(head.Dual)]);
    }
}
