using CoKe.Abstractions;
using CoKe.Abstractions.Streams;
using CoKe.Grains.Hosting;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoKe.Grains.Sequencing;

/// <summary>Hosts one <see cref="Sequencer"/> and consumes its run's embedding stream.</summary>
[GrainType("sequencer"), KeepAlive, Reentrant, Immovable, ImplicitStreamSubscription(EmbeddingStreams.Namespace)]
internal sealed class SequencerGrain : Grain, ISequencerGrain, IRestableGrain, IStreamSubscriptionObserver
{
    readonly Sequencer _sequencer;
    readonly LocalRuns _local;

    public SequencerGrain(Surroundings surroundings, IOptions<SequencerOptions> options, RunTroubles troubles, LocalRuns local, ILogger<SequencerGrain> log)
    {
        var runId = this.GetPrimaryKeyString();
        _local = local;
        var owner = Guid.NewGuid().ToString("N"); // a name only: nothing is computed from it
        _sequencer = new Sequencer(runId, owner, surroundings, options.Value, log, DeactivateOnIdle, trouble => troubles.Report(runId, trouble));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _local.Add(this.AsReference<IRestableGrain>(), this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _local.Remove(this.AsReference<IRestableGrain>());
        _sequencer.Leave();
        return Task.CompletedTask;
    }

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => await handleFactory.Create<MiniBatch>().ResumeAsync((message, _) =>
    {
        _sequencer.Receive(message);
        return Task.CompletedTask;
    });

    public Task RestAsync() => _sequencer.RestAsync();

    public Task StartAsync() => _sequencer.StartAsync();

    public Task ReportLostAsync(int incarnation) => _sequencer.ReportLostAsync(incarnation);

    public Task RestoreBoundaryAsync() => _sequencer.RestoreBoundaryAsync();

    public Task DeleteAsync(RunDescription description) => _sequencer.DeleteAsync(description);

    public Task<Progress> PollAsync(int rank, int generation, long seenStamp) => _sequencer.PollAsync(rank, generation, seenStamp);

    public Task<RunStatus> GetStatusAsync() => _sequencer.GetStatusAsync();

    public Task WaitForChangeAsync(long seenStamp) => _sequencer.WaitForChangeAsync(seenStamp);

    public Task<EpochReport> GetEpochReportAsync(int epoch) => _sequencer.GetEpochReportAsync(epoch);
}
