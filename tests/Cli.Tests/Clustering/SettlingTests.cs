using CoKe.Abstractions;
using CoKe.Cli.Clustering;

namespace CoKe.Cli.Tests.Clustering;

public sealed class SettlingTests
{
    const int N = 10_000;

    static readonly HeadReport Before = Report(0.8, changed: 500);

    [Fact]
    public void IsReached_HardlyALabelChangedAndTheSimilarityStands_IsTrue() => Assert.True(After(Report(0.800001, changed: 10)));

    [Fact]
    public void IsReached_TooManyLabelsChanged_IsFalse() => Assert.False(After(Report(0.8, changed: 11)));

    [Theory]
    [InlineData(0.80002)]
    [InlineData(0.79998)]
    public void IsReached_SimilarityStillMoves_IsFalse(double similarity) => Assert.False(After(Report(similarity, changed: 0)));

    [Fact]
    public void IsReached_AMinimumIsMissed_IsFalse() => Assert.False(After(Report(0.8, changed: 0, violation: 1)));

    [Fact]
    public void IsReached_OnlyAFractionOfAnImageIsMissing_IsTrue() => Assert.True(After(Report(0.8, changed: 0, violation: 0.33)));

    [Fact]
    public void IsReached_OneHeadOfTwoHasNotSettled_IsFalse() =>
        Assert.False(Settling.IsReached([Pass(0, Before, Before), Pass(1, Report(0.8, changed: 0), Report(0.8, changed: 900))]));

    [Fact]
    public void IsReached_FirstPass_IsFalse()
    {
        Assert.False(Settling.IsReached([]));
        Assert.False(Settling.IsReached([Pass(0, Report(0.8, changed: null))]));
        Assert.False(After(Report(0.8, changed: null)));
    }

    static bool After(HeadReport now) => Settling.IsReached([Pass(0, Before), Pass(1, now)]);

    static EpochReport Pass(int epoch, params HeadReport[] heads) => new(epoch, N, 10, 0, heads);

    static HeadReport Report(double similarity, long? changed, double violation = -3) =>
        new(20, 203, 900, 200, 1.015, violation, 5, true, similarity, changed, 0, 0.1, 1);
}
