using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Client.Gateways;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using CoKe.Storage.Postgres;
using CoKe.Streams;
using Orleans.Configuration;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>Times that depend on each other agree, as their tables say.</summary>
public sealed class TimesTests
{
    static readonly SequencerOptions Pace = new();
    static readonly LivenessOptions Liveness = new();
    static readonly TimeSpan Start = TimeSpan.Parse(CallTimeouts.Start),
        Restore = TimeSpan.Parse(CallTimeouts.Restore),
        Repeated = TimeSpan.Parse(CallTimeouts.Repeated),
        Move = TimeSpan.Parse(CallTimeouts.Move),
        OfOrleans = new SiloMessagingOptions().ResponseTimeout;

    [Fact]
    public void Poll_WaitsLessThanItsCallMayTake() => Assert.True(2 * Pace.PollPatience < Repeated);

    [Fact]
    public void RepeatedCall_OutlivesTheSearchForADeadSilo() => Assert.True(Liveness.ProbeTimeout * Liveness.MissedProbes < Repeated);

    [Fact]
    public void Start_OutlivesAllTriesToRestore_AndItsOwnPatience()
    {
        Assert.True(GrainTimes.Restore.Tries * Restore < Start);
        Assert.True(Pace.StartPatience < Start);
    }

    [Fact]
    public void Move_OutlivesHandingOver() => Assert.True(new StopOptions().HandOverTime < Move);

    [Fact]
    public void StuckTurn_IsToldBeforeItsCallIsLost() => Assert.True(GrainTimes.StuckTurn < OfOrleans);

    [Fact]
    public void Silos_AreLookedAtSeveralTimesUntilTheyAreSettled() => Assert.True(4 * GrainTimes.SiloGlance < Pace.SettleTime);

    [Fact]
    public void Recovery_BeginsFarBelowAPoll()
    {
        Assert.True(10 * GrainTimes.FirstRecoveryPause < Pace.PollPatience);
        Assert.True(GrainTimes.FirstRecoveryPause < Pace.RecoveryPause);
    }

    [Fact]
    public void Looks_AreNoticedByNoPoll()
    {
        Assert.True(2 * GrainTimes.ShortestLookPause < Pace.PollPatience);
        Assert.True(GrainTimes.ShortestLookPause < GrainTimes.LongestLookPause);
    }

    [Fact]
    public void KnownRun_IsLookedForSeveralTimesBeforeItIsForgotten() =>
        Assert.True(3 * GrainTimes.RunLookedForAfter < GrainTimes.RunKnownFor);

    [Fact]
    public void Queue_AnswersBeforeItsCallIsLost()
    {
        Assert.True(2 * QueueTimes.Wait < TimeSpan.Parse(QueueTimes.Answer));
        Assert.True(QueueTimes.Read < QueueTimes.Reading.FirstPause);
        Assert.Equal(QueueTimes.Wait, QueueTimes.Reading.LongestPause);
    }

    [Fact]
    public void Database_IsLookedAtOnceAtATime_AndMissedTwiceBeforeItIsLost()
    {
        Assert.True(DatabaseTimes.Ping <= DatabaseTimes.Look);
        Assert.True(2 * DatabaseTimes.Look < DatabaseTimes.Steady);
        Assert.True(DatabaseTimes.Membership < DatabaseTimes.Row);
    }

    [Fact]
    public void Gateway_IsSilentOnlyAfterSeveralPulses_AndBeforeACallIsLost()
    {
        Assert.True(3 * GatewayTimes.Pulse < GatewayTimes.Silence);
        Assert.True(GatewayTimes.SilenceLook <= GatewayTimes.Pulse);
        Assert.True(GatewayTimes.Silence + GatewayTimes.SilenceLook < ClientTimes.Later);
        Assert.True(GatewayTimes.AtOnce < GatewayTimes.Silence);
        Assert.True(GatewayTimes.Silence < GatewayTimes.LeftAlone);
    }

    [Fact]
    public void UnsentCall_IsRepeatedBeyondTheSearchForADeadSilo_AndNotUntilItIsLost()
    {
        Assert.True(Liveness.ProbeTimeout * Liveness.MissedProbes < GatewayTimes.Unsent);
        Assert.True(GatewayTimes.Unsent < OfOrleans);
        Assert.True(GatewayTimes.UnsentCall.LongestPause < GatewayTimes.Refresh);
    }

    [Fact]
    public void Client_AsksMoreThanOnceBeforeItGivesUp()
    {
        Assert.True(Repeated < ClientTimes.Soon);
        Assert.True(ClientTimes.Soon < ClientTimes.Later);
        Assert.True(ClientTimes.Later <= OfOrleans);
        Assert.True(2 * ClientTimes.Later <= ClientTimes.ClientGivesUp);
        Assert.True(GatewayTimes.Connect < ClientTimes.ClientGivesUp);
    }

    [Fact]
    public void Session_IsMorePatientThanAClient_AndSendsAgainAfterItsPollWouldBeLost()
    {
        Assert.True(ClientTimes.ClientGivesUp < ClientTimes.SessionGivesUp);
        Assert.True(Repeated + ClientTimes.Pause < ClientTimes.Resend);
        Assert.True(ClientTimes.Passing.LongestPause < Pace.PollPatience);
    }

    [Fact]
    public void Trainer_IsSilentOnlyAfterAPollThatWasLost_AndSeveralReports()
    {
        Assert.True(Repeated + Pace.PollPatience < Pace.SilentAfter);
        Assert.True(3 * ClientTimes.Report < Pace.SilentAfter);
    }

    [Fact]
    public void Witness_HasTimeForItsOwnPing() => Assert.True(DatabaseTimes.Ping < DatabaseTimes.Witness);
}
