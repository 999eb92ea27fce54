using CoKe.Abstractions;
using CoKe.Grains.Placement;
using Orleans.Placement;

namespace CoKe.Grains.Clusters;

/// <summary>Hosts one <see cref="Cluster"/>.</summary>
[GrainType("cluster"), KeepAlive, HomePlacement, Immovable]
sealed class ClusterGrain(ClusterDirectory directory, ILocalSiloDetails silo) : Grain, IClusterGrain
{
    Cluster? _cluster;

    Cluster Cluster => _cluster!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _cluster = new Cluster(
            this.GetPrimaryKeyString(),
            GrainContext.ActivationId.ToString(),
            directory,
            GrainContext.Scheduler,
            silo.SiloAddress.ToParsableString(),
            home => GrainContext.LeaveFor(home)
        );
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Cluster.Close();
        return Task.CompletedTask;
    }

    public Task<string?> RestoreAsync(ClusterRestore call) => Cluster.RestoreAsync(call);

    public Task<ClusterReply> ApplyAsync(ClusterContribution call) => Cluster.ApplyAsync(call);

    public Task<ClusterReply> EndEpochAsync(BoundaryCall call) => Cluster.EndEpochAsync(call);

    public Task<ClusterCopy> CopyAsync(int incarnation) => Cluster.CopyAsync(incarnation);

    public Task<ClusterReply> ReadAsync(int incarnation) => Cluster.ReadAsync(incarnation);

    public Task<string> VerifyAsync(int incarnation) => Cluster.VerifyAsync(incarnation);

    public Task<ClusterStatistics> GetStatisticsAsync(long rowClock, int incarnation)
    {
        // A cluster that was made by a question alone must not stay: nobody counts how many of them are asked for.
        if (Cluster.HoldsNothing)
            DeactivateOnIdle();
        return Cluster.GetStatisticsAsync(rowClock, incarnation);
    }

    public Task RetireAsync() => Cluster.RetireAsync();
}
