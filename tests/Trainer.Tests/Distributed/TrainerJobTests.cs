namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Open MPI itself, in processes of their own.</summary>
public sealed class TrainerJobTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Job_MessagesAndSums_AreThoseOfAllTrainersInTheirOrder(int world)
    {
        var (exit, output, error) = await MpiRun.RunAsync(world, "CoKe.Trainer.Tests.dll");

        Assert.True(exit == 0, output + error);
        // mpirun gives its processes a terminal, on which .NET writes more than lines.
        Assert.All(Enumerable.Range(0, world), rank => Assert.Contains($"{rank}: {JobCheck.Well}", output));
    }

    [Fact]
    public async Task Job_TrainerAborts_EndsAllWithItsCode()
    {
        var (exit, _, error) = await MpiRun.RunAsync(2, "CoKe.Trainer.Tests.dll", "fail");

        Assert.True(exit == 7, error);
    }
}
