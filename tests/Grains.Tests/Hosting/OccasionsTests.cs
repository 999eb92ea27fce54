using CoKe.Errors;

namespace CoKe.Grains.Tests.Hosting;

public sealed class OccasionsTests
{
    [Fact]
    public void IsTold_AThousandTimes_TellsTheFirstSecondFourthAndSoOn()
    {
        var occasions = new Occasions();

        long[] told = [.. Enumerable.Range(0, 1000).Select(_ => occasions.IsTold(out var count) ? count : 0).Where(count => count > 0)];

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512], told);
    }
}
