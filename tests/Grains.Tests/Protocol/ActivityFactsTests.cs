using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>What a run is said to do, for every combination that tells two answers apart.</summary>
public sealed class ActivityFactsTests
{
    // Ranks by a letter each: - never came, h here, s silent, a awaited, b silent and awaited, f finished.
    [Theory]
    [InlineData(RunState.Live, 0, false, "-", "created")]
    [InlineData(RunState.Live, 0, false, "--", "created")]
    [InlineData(RunState.Live, 0, true, "h", "scanning")]
    [InlineData(RunState.Live, 1, true, "h", "training")]
    [InlineData(RunState.Live, 7, true, "hh", "training")]
    [InlineData(RunState.Live, 0, false, "h", "idle")]
    [InlineData(RunState.Live, 3, false, "hh", "idle")]
    [InlineData(RunState.Live, 0, false, "h-", "waiting for rank 1, which has not come yet")]
    [InlineData(RunState.Live, 0, false, "-h-", "waiting for ranks 0, 2, which have not come yet")]
    [InlineData(RunState.Live, 2, false, "hs", "waiting for rank 1, silent for 11 s")]
    [InlineData(RunState.Live, 2, true, "s", "waiting for rank 0, silent for 10 s")]
    [InlineData(RunState.Live, 2, false, "sss", "waiting for ranks 0, 1, 2, silent for 12 s")]
    [InlineData(RunState.Live, 2, false, "ha", "waiting for rank 1, which has not sent its part")]
    [InlineData(RunState.Live, 2, false, "aha", "waiting for ranks 0, 2, which have not sent their parts")]
    [InlineData(RunState.Live, 2, false, "ab", "waiting for rank 1, silent for 11 s")]
    [InlineData(RunState.Live, 2, false, "-sa", "waiting for rank 0, which has not come yet")]
    [InlineData(RunState.Live, 4, false, "fh", "idle")]
    [InlineData(RunState.Live, 4, true, "fh", "training")]
    [InlineData(RunState.Live, 4, false, "fs", "waiting for rank 1, silent for 11 s")]
    [InlineData(RunState.Live, 4, false, "ff", "finished")]
    [InlineData(RunState.Asleep, 4, false, "ff", "finished")]
    [InlineData(RunState.Recovering, 4, false, "ff", "finished")]
    [InlineData(RunState.Faulted, 4, false, "ff", "faulted")]
    [InlineData(RunState.Asleep, 4, false, "fh", "asleep")]
    [InlineData(RunState.Asleep, 0, false, "-", "asleep")]
    [InlineData(RunState.Recovering, 4, false, "hs", "recovering")]
    [InlineData(RunState.Faulted, 4, false, "h", "faulted")]
    public void Activity_OfFacts_IsThis(RunState state, int epoch, bool isGoingOn, string ranks, string expected) =>
        Assert.Equal(expected, new ActivityFacts(state, epoch, isGoingOn, [.. ranks.Select(RankOf)]).Activity.ToString());

    static RankFacts RankOf(char letter, int rank) =>
        new(
            HasCome: letter != '-',
            IsFinished: letter == 'f',
            IsSilent: letter is 's' or 'b',
            IsAwaited: letter is 'a' or 'b',
            Silence: TimeSpan.FromSeconds(10 + rank)
        );
}
