using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>Has each queue read by the silo where it lives (<see cref="QueueHomes"/>): what a queue holds does not travel to its
/// reader.</summary>
sealed class HomeQueueBalancer(
    QueueHomes homes,
    IClusterMembershipService membership,
    IServiceProvider services,
    ILogger<HomeQueueBalancer> logger
) : QueueBalancerBase(services, logger)
{
    volatile QueueId[] _mine = [];

    public override Task Initialize(IStreamQueueMapper queueMapper)
    {
        // Known before the first news: whoever is told of a change starts reading, even where nobody is to read yet.
        var active = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active);
        _mine = Among(active.Select(member => member.SiloAddress));
        return base.Initialize(queueMapper);
    }

    /// <summary>From any thread.</summary>
    public override IEnumerable<QueueId> GetMyQueues() => _mine;

    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos)
    {
        var mine = Among(activeSilos);
        if (mine.SequenceEqual(_mine))
            return;
        _mine = mine;
        NotifyListeners().Ignore();
    }

    QueueId[] Among(IEnumerable<SiloAddress> silos)
    {
        var here = SiloAddress.ToParsableString();
        return
        [
            .. homes
                .Over([.. silos.Select(silo => silo.ToParsableString())])
                .Where(queue => queue.Value == here)
                .Select(queue => queue.Key)
                .Order(),
        ];
    }
}
