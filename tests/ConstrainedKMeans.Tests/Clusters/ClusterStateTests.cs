using System.Text.Json;
using CoKe.ConstrainedKMeans.Tests.Algorithm;

namespace CoKe.ConstrainedKMeans.Tests.Clusters;

public class ClusterStateTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(100, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Restore_AfterAnySteps_ContinuesBitForBit(int seed)
    {
        var options = RandomRuns.Options(seed);
        var plan = new HeadPlan(options, 0);
        var random = new SeededRandom(seed);
        var center = Features.Modes(random, 1, options.Dimension);
        var original = new ClusterState(plan, 0, center);
        var copy = original;
        long rowClock = 0;
        for (var t = 0; t < RandomRuns.Epochs; t++)
        {
            for (var step = 0; step < 4; step++)
            {
                var members = random.NextInt32(4);
                var sum = Enumerable.Range(0, options.Dimension).Select(_ => members * random.NextNormal()).ToArray();
                var threshold = plan.NeedsGlobalDuals ? 0.01 * random.NextUniform() : 0;
                original.Apply(t, rowClock, options.BatchSize, members, sum, threshold);
                if (!ReferenceEquals(copy, original))
                    copy.Apply(t, rowClock, options.BatchSize, members, sum, threshold);
                rowClock += options.BatchSize;
                var stored = JsonSerializer.Serialize(copy.Snapshot());
                copy = ClusterState.Restore(plan, 0, JsonSerializer.Deserialize<ClusterSnapshot>(stored)!);
                Assert.Equal(Text(original), Text(copy));
            }

            original.EndEpoch(t);
            copy.EndEpoch(t);
            Assert.Equal(Text(original), Text(copy));
        }
    }

    [Fact]
    public void Snapshot_LaterSteps_DoNotChangeIt()
    {
        var state = Cluster(new HeadOptions { ClusterCount = 2, DualLearningRate = 1 });
        state.Apply(0, 0, 4, 1, [0, 1], 0);
        var snapshot = state.Snapshot();
        var text = JsonSerializer.Serialize(snapshot);
        var restored = ClusterState.Restore(Plan(new HeadOptions { ClusterCount = 2, DualLearningRate = 1 }), 0, snapshot);

        state.Apply(0, 4, 4, 1, [1, 0], 0);
        restored.Apply(0, 4, 4, 1, [1, 0], 0);

        Assert.Equal(text, JsonSerializer.Serialize(snapshot));
    }

    [Fact]
    public void Apply_NoMembers_ChangesNothingBecauseTheDualGrowsByItself()
    {
        var plan = Plan(
            new HeadOptions
            {
                ClusterCount = 2,
                MinimumSizeRatio = 0.8,
                DualLearningRate = 1,
            }
        );
        var state = new ClusterState(plan, 0, [1, 0]);
        var before = Text(state);

        state.Apply(0, 0, 4, 0, [], 0);

        Assert.Equal(before, Text(state));
        Assert.Equal(4 * (1.0 / 4) * (0.8 / 2), state.Dual.At(4, plan.PushPerRow(0)), 1e-15); // eqn 18 with n_k = 0, r = B = 4
    }

    [Fact]
    public void Apply_WithDualNormLimitAndNoMembers_TakesTheThresholdAndKeepsTheCenter()
    {
        var state = Cluster(
            new HeadOptions
            {
                ClusterCount = 2,
                MinimumSizeRatio = 0.8,
                DualLearningRate = 1,
                DualNormLimit = 0.5,
            }
        );

        state.Apply(0, 0, 4, 0, [], 0.1);

        Assert.Equal(new Dual(0.4 - 0.1, 4), state.Dual);
        Assert.Equal([1f, 0f], state.Center.ToArray());
        Assert.Equal(0, state.Count);
    }

    [Fact]
    public void Apply_ExactRuleBatchSchedule_CenterIsTheNormalizedSum()
    {
        var state = Cluster(new HeadOptions { ClusterCount = 2 });

        state.Apply(0, 0, 4, 2, [0, 3], 0);
        state.Apply(0, 4, 4, 2, [4, 0], 0);

        Assert.Equal([0.8f, 0.6f], state.Center.ToArray()); // eqn 13
        Assert.Equal([1f, 0f], state.Frozen.ToArray());
        Assert.Equal(4, state.Count);
    }

    [Fact]
    public void EndEpoch_EpochSchedule_MovesTheCenterOnlyThen()
    {
        var state = Cluster(new HeadOptions { ClusterCount = 2, CenterSchedule = CenterSchedule.Epoch });
        state.Apply(0, 0, 4, 2, [0, 3], 0);
        Assert.Equal([1f, 0f], state.Center.ToArray());
        var dual = state.Dual;

        state.EndEpoch(0);

        Assert.Equal([0f, 1f], state.Center.ToArray()); // eqn 12
        Assert.Equal([0f, 1f], state.Frozen.ToArray());
        Assert.Equal((0L, 2L, dual, dual), (state.Count, state.LastCount, state.Dual, state.EpochStartDual));
        Assert.Equal([0.0, 0.0], state.Sum.ToArray());
    }

    [Fact]
    public void EndEpoch_NoMembers_KeepsTheCenter()
    {
        var state = Cluster(new HeadOptions { ClusterCount = 2, CenterSchedule = CenterSchedule.Epoch });
        state.EndEpoch(0);
        Assert.Equal([1f, 0f], state.Center.ToArray());
    }

    [Fact]
    public void Constructor_WrongDimensionOrCluster_Throws()
    {
        var plan = Plan(new HeadOptions { ClusterCount = 2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterState(plan, 0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterState(plan, 2, [1, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterState(plan, -1, [1, 0]));
    }

    static ClusterState Cluster(HeadOptions head) => new(Plan(head), 0, [1, 0]);

    static HeadPlan Plan(HeadOptions head) => Problem.Plan(100, 2, 4, head);

    // Doubles are written in full, so equal text is equal bits.
    static string Text(ClusterState state) => JsonSerializer.Serialize(state.Snapshot());
}
