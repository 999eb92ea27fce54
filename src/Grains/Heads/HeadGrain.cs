using CoKe.Abstractions;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace CoKe.Grains.Heads;

/// <summary>Hosts one <see cref="Head"/>.</summary>
[GrainType("head"), KeepAlive, HomePlacement, Immovable]
sealed class HeadGrain : RunPartGrain, IHeadGrain, IDisposable
{
    readonly Head _head;

    public HeadGrain(
        ClusterDirectory directory,
        ActorWorld world,
        ILocalSiloDetails silo,
        IOptions<ScoringOptions> scoring,
        LocalRuns local
    )
        : base(local) =>
        _head = new Head(
            this.GetPrimaryKeyString(),
            directory,
            world,
            silo.SiloAddress.ToParsableString(),
            scoring.Value.Threads,
            LeaveFor
        );

    public Task<Restored> RestoreAsync(RestoreCall call) => _head.RestoreAsync(call);

    public ValueTask<AssignReply> AssignAsync(AssignCall call) => _head.AssignAsync(call);

    public Task<HeadClosing> EndEpochAsync(BoundaryCall call) => _head.EndEpochAsync(call);

    public Task<HeadCaptured> CaptureAsync(HeadCapture call) => _head.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _head.SaveAsync(call);

    public Task RetireAsync() => _head.RetireAsync();

    public Task CommitAsync(CommitCall call) => _head.CommitAsync(call);

    public Task VerifyAsync(int incarnation, int committed) => _head.VerifyAsync(incarnation, committed);

    public Task<FloatValues> GetCentersAsync(EpochName epoch, int first, int count) => _head.GetCentersAsync(epoch, first, count);

    public Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name, int first, int count) =>
        _head.GetUncommittedCentersAsync(name, first, count);

    public Task<IReadOnlyList<ClusterSummary>> GetClustersAsync() => _head.GetClustersAsync();

    public void Dispose() => _head.Dispose();

    protected override bool HoldsNothing => _head.HoldsNothing;
}

/// <summary>How a head scores.</summary>
public sealed class ScoringOptions
{
    /// <summary>Threads that score one mini-batch, 1 or more; the default is two, or one on a single core.</summary>
    public int Threads { get; set; } = Math.Min(2, Environment.ProcessorCount);

    internal void Validate() => Ranges.AtLeastOne(nameof(Threads), Threads);
}
