using CoKe.Abstractions;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace CoKe.Grains.Scoring;

/// <summary>Hosts one <see cref="Scorer"/>.</summary>
[GrainType("scorer"), KeepAlive, HomePlacement, Immovable]
sealed class ScorerGrain : RunPartGrain, IScorerGrain, IDisposable
{
    readonly Scorer _scorer;

    public ScorerGrain(
        ClusterDirectory directory,
        ActorWorld world,
        ILocalSiloDetails silo,
        IOptions<ScoringOptions> scoring,
        LocalRuns local
    )
        : base(local) =>
        _scorer = new Scorer(
            this.GetPrimaryKeyString(),
            directory,
            world,
            silo.SiloAddress.ToParsableString(),
            scoring.Value.Threads,
            LeaveFor
        );

    public Task<ScorerRestored?> RestoreAsync(ScorerRestore call) => _scorer.RestoreAsync(call);

    public ValueTask LoadAsync(StepEmbeddings call) => _scorer.LoadAsync(call);

    public ValueTask<ScoreReply> ScoreAsync(ScoreCall call) => _scorer.ScoreAsync(call);

    public ValueTask<long> ApplyAsync(ApplyCall call) => _scorer.ApplyAsync(call);

    public Task<IReadOnlyList<ShareClosing>> EndEpochAsync(ScorerBoundary call) => _scorer.EndEpochAsync(call);

    public Task<IReadOnlyList<SnapshotName?[]>> CaptureAsync(ScorerCapture call) => _scorer.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _scorer.SaveAsync(call);

    public Task CommitAsync(CommitCall call) => _scorer.CommitAsync(call);

    public Task VerifyAsync(int incarnation, int committed) => _scorer.VerifyAsync(incarnation, committed);

    public Task RetireAsync(int incarnation) => _scorer.RetireAsync(incarnation);

    public void Dispose() => _scorer.Dispose();

    protected override bool HoldsNothing => _scorer.HoldsNothing;
}

/// <summary>How a silo scores.</summary>
public sealed class ScoringOptions
{
    /// <summary>Threads that score one mini-batch, 1 or more; the default is every core that the process may use.</summary>
    public int Threads { get; set; } = Environment.ProcessorCount;

    internal void Validate() => Ranges.AtLeastOne(nameof(Threads), Threads);
}
