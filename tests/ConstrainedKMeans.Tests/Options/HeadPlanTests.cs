using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Options;

public class HeadPlanTests
{
    [Theory]
    [InlineData(1_281_167, 1024, 3000, 0.4, 20.4)] // the paper uses 20 for ImageNet
    [InlineData(50_000, 128, 10, 0.9, 0.0967)] // and 0.1 for CIFAR-10
    [InlineData(1000, 1000, 10, 0.4, 0.2)] // few large batches: K times 0.02
    [InlineData(1000, 10, 10, 0.0, 0.2)] // no minimum at all
    public void AutomaticDualLearningRate_KnownSettings_IsThePapers(int N, int B, int K, double minimumSizeRatio, double expected)
    {
        var plan = Plan(N, B, new HeadOptions { ClusterCount = K, MinimumSizeRatio = minimumSizeRatio });
        Assert.Equal(expected, plan.AutomaticDualLearningRate, expected * 5e-3);
        Assert.Equal(plan.AutomaticDualLearningRate, plan.DualLearningRate);
    }

    [Fact]
    public void MinimumSize_WithMargin_AsksForMoreThanIsRequired()
    {
        var plan = Plan(
            1000,
            10,
            new HeadOptions
            {
                ClusterCount = 10,
                MinimumSizeRatio = 0.5,
                Margin = 0.1,
                DualLearningRate = 2,
            }
        );
        Assert.Equal(50, plan.RequiredSize(3), 1e-9);
        Assert.Equal(55, plan.MinimumSize(3), 1e-9);
        Assert.Equal(2 / 10.0 * 55 / 1000, plan.PushPerRow(3), 1e-12);
    }

    [Fact]
    public void MinimumSize_OnePerCluster_IsThat()
    {
        var plan = Plan(100, 10, new HeadOptions { ClusterCount = 3, MinimumSizes = [10, 0, 40] });
        Assert.Equal([10.0, 0, 40], Enumerable.Range(0, 3).Select(k => Math.Round(plan.MinimumSize(k), 9)));
    }

    [Fact]
    public void Schedules_ByEpoch_AreAsConfigured()
    {
        var options = Problem.Options(9, 2, 3, new HeadOptions { ClusterCount = 2, BatchScheduleEpochs = 2 });
        var plan = new HeadPlan(options with { StageTwoAfterEpoch = 3 }, 0);
        Assert.Equal([true, true, false, false, false], Enumerable.Range(0, 5).Select(plan.UpdatesCentersEachBatch));
        Assert.Equal([false, false, false, false, true], Enumerable.Range(0, 5).Select(plan.IsStageTwo));
        Assert.Equal([1, 0.5], [plan.StageTwoFraction(4), plan.StageTwoFraction(5)]);
        Assert.Throws<InvalidOperationException>(() => Plan(9, 3, new HeadOptions { ClusterCount = 2 }).StageTwoFraction(4));
    }

    [Fact]
    public void InitialCenters_SeedAndHead_DecideUnitRows()
    {
        var head = new HeadOptions { ClusterCount = 5 };
        var options = new ClusteringOptions
        {
            ImageCount = 9,
            Dimension = 6,
            BatchSize = 3,
            Heads = [head, head],
            Seed = 1,
        };
        var centers = new HeadPlan(options, 0).InitialCenters();

        EmbeddingCheck.Validate(centers, 5, 6, views: 1);
        Assert.Equal(centers, new HeadPlan(options, 0).InitialCenters());
        Assert.NotEqual(centers, new HeadPlan(options, 1).InitialCenters());
        Assert.NotEqual(centers, new HeadPlan(options with { Seed = 2 }, 0).InitialCenters());
    }

    /// <summary>Whoever has some clusters starts from what one who has all gives them.</summary>
    [Fact]
    public void InitialCenters_OfSomeClusters_AreTheirRowsOfAll() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 9], Gen.Int[0, 3], Gen.Int)
            .Sample(
                (K, d, head, seed) =>
                {
                    var heads = Enumerable.Repeat(new HeadOptions { ClusterCount = K }, 4);
                    var plan = new HeadPlan(Problem.Options(400, d, 3, [.. heads]) with { Seed = seed }, head);
                    var random = new SeededRandom(seed);
                    int[] clusters = [.. Enumerable.Range(0, K).Where(_ => random.NextInt32(3) == 0)];
                    var all = plan.InitialCenters();
                    Assert.Equal(
                        clusters.SelectMany(k => all[(k * d)..((k + 1) * d)]).Select(BitConverter.SingleToInt32Bits),
                        plan.InitialCenters(clusters).Select(BitConverter.SingleToInt32Bits)
                    );
                }
            );

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    [InlineData(0, 5)]
    public void InitialCenters_OfClustersThatDoNotAscend_AreRefused(int first, int second) =>
        Assert.Throws<ArgumentException>(() => Plan(9, 3, new HeadOptions { ClusterCount = 5 }).InitialCenters([first, second]));

    static HeadPlan Plan(int N, int B, HeadOptions head) => Problem.Plan(N, 2, B, head);
}
