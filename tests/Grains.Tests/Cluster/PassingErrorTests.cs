using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What silos answer while they die, start or stop must not end a session.</summary>
public sealed class PassingErrorTests
{
    public static TheoryData<Exception> Passing =>
        [
            new TimeoutException(),
            new SiloUnavailableException(),
            new IOException(),
            new RunRecoveringException("run", "why."),
            new OperationCanceledException(), // of a directory lookup in a silo that starts
        ];

    [Theory]
    [MemberData(nameof(Passing))]
    public void Error_OfASiloThatComesOrGoes_IsPassing(Exception error) => Assert.True(PassingErrors.IsPassing(error));

    [Fact]
    public async Task GrainThatNoKnownSiloOffers_IsPassing()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        Assert.True(PassingErrors.IsPassing(Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<INobodysGrain>("key"))));
    }

    [Fact]
    public void Error_ThatATrainerMustHear_IsNot() => Assert.False(PassingErrors.IsPassing(new FencedTrainerException("run", 0, 1, 2)));
}

/// <summary>No silo has it.</summary>
public interface INobodysGrain : IGrainWithStringKey;
