using CoKe.Learning.Training;

namespace CoKe.Trainer.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.1)]
    [InlineData(10, 0.2)]
    [InlineData(60, 0.1)]
    [InlineData(110, 0)]
    public void At_WarmUpAndCosine_MeetTheirCorners(int step, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule(0.2, WarmUpSteps: 10, TotalSteps: 110).At(step), 12);

    [Fact]
    public void At_WithoutWarmUp_StartsAtThePeak() => Assert.Equal(0.2, new LearningRateSchedule(0.2, 0, 100).At(0), 12);
}
