using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace CoKe.Grains.Runs;

/// <summary>Hosts one <see cref="Run"/>.</summary>
[GrainType("run"), KeepAlive, Reentrant]
sealed class RunGrain : Grain, IRunGrain
{
    readonly Run _run;

    public RunGrain(
        ActorWorld world,
        RunReservations reservations,
        IOptions<BlockPlacementOptions> layout,
        IOptions<SequencerOptions> sequencer
    ) =>
        _run = new Run(
            this.GetPrimaryKeyString(),
            world,
            reservations,
            layout.Value.Layout,
            sequencer.Value.LeastWindow,
            static () => Guid.NewGuid().ToString("N")[..8],
            DeactivateOnIdle
        );

    public Task<RunStatus> CreateAsync(RunSpecification specification) => _run.CreateAsync(specification);

    public Task<int> GetGenerationAsync(int rank, string? runId) => _run.GetGenerationAsync(rank, runId);

    public Task<TrainerRegistration> RegisterTrainerAsync(int rank, string trainer, int after, string? runId) =>
        _run.RegisterTrainerAsync(rank, trainer, after, runId);

    public Task FinishAsync(int rank, int generation, string? runId) => _run.FinishAsync(rank, generation, runId);

    public Task<string> GetRunIdAsync() => _run.GetRunIdAsync();

    public Task<RunStatus> GetStatusAsync() => _run.GetStatusAsync();

    public Task<RunStatus> RestoreAsync(string? runId, int? leaving) => _run.RestoreAsync(runId, leaving);

    public Task DeleteAsync(string runId) => _run.DeleteAsync(runId);

    public Task<RunDescription> DescribeAsync(string runId) => _run.DescribeAsync(runId);

    public Task<IReadOnlyList<FloatValues>> GetInitialCentersAsync(string runId) => _run.GetInitialCentersAsync(runId);
}
