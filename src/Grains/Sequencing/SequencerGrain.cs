using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoKe.Grains.Sequencing;

/// <summary>Hosts one <see cref="Sequencer"/> and consumes its run's embedding stream.</summary>
[GrainType("sequencer"), KeepAlive, Reentrant, HomePlacement, Immovable, ImplicitStreamSubscription(EmbeddingStreams.Namespace)]
sealed class SequencerGrain : RunPartGrain, ISequencerGrain, IStreamSubscriptionObserver
{
    readonly Sequencer _sequencer;

    public SequencerGrain(
        ActorWorld world,
        IOptions<SequencerOptions> options,
        RunTroubles troubles,
        ILocalSiloDetails silo,
        LocalRuns local,
        ILogger<SequencerGrain> log
    )
        : base(local)
    {
        var runId = this.GetPrimaryKeyString();
        var owner = Guid.NewGuid().ToString("N"); // a name only: nothing is computed from it
        _sequencer = new Sequencer(
            new SequencedRun(runId, world, options.Value, log),
            new SequencerActivation(owner, silo.SiloAddress.ToParsableString(), LeaveFor, trouble => troubles.Report(runId, trouble))
        );
    }

    protected override bool HoldsNothing => _sequencer.HoldsNothing;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _sequencer.Leave();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        await handleFactory
            .Create<MiniBatch>()
            .ResumeAsync(
                (message, _) =>
                {
                    _sequencer.Receive(message);
                    return Task.CompletedTask;
                }
            );

    public Task<bool> VacateAsync(string silo) => _sequencer.VacateAsync(silo);

    public Task StartAsync() => _sequencer.StartAsync();

    public Task ReportLostAsync(int incarnation) => _sequencer.ReportLostAsync(incarnation);

    public Task RestoreBoundaryAsync(int? leaving) => _sequencer.RestoreBoundaryAsync(leaving);

    public Task DeleteAsync(RunDescription description) => _sequencer.DeleteAsync(description);

    public Task<Progress> PollAsync(int rank, int generation, long seenStamp) => _sequencer.PollAsync(rank, generation, seenStamp);

    public Task ReportAsync(int rank, int generation, TrainerReport report) => _sequencer.HearAsync(rank, generation, report);

    public Task HearOfFinishedAsync(IReadOnlyList<int> finished) => _sequencer.HearOfFinishedAsync(finished);

    public Task<RunStatus> GetStatusAsync() => _sequencer.GetStatusAsync();

    public Task WaitForChangeAsync(long seenStamp) => _sequencer.WaitForChangeAsync(seenStamp);

    public Task<EpochReport> GetEpochReportAsync(int epoch) => _sequencer.GetEpochReportAsync(epoch);

    public Task<IReadOnlyList<EpochReport>> GetEpochReportsAsync(int first, int count) => _sequencer.GetEpochReportsAsync(first, count);
}
