using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoKe.Streams;

/// <summary>Makes a queue where it is read (<see cref="QueueHomes"/>).</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
sealed class QueuePlacement : PlacementStrategy
{
    public static QueuePlacement Singleton { get; } = new();
}

/// <summary>Marks the grain of a queue.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class QueuePlacementAttribute() : PlacementAttribute(QueuePlacement.Singleton);

/// <summary>Acts at activation only; the queue itself sees that it should live elsewhere.</summary>
sealed class QueuePlacementDirector(QueueHomes homes) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var byName = context.GetCompatibleSilos(target).ToDictionary(silo => silo.ToParsableString());
        var key = target.GrainIdentity.Key.ToString()!;
        return Task.FromResult(byName[homes.Of(key, byName.Keys) ?? Rendezvous.Order(key, byName.Keys)[0]]);
    }
}
