using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoKe.Grains.Placement;

/// <summary>
/// Makes a grain where the call that needs it says (<see cref="RestoreAtHome"/>); a sequencer where its run begins
/// (<see cref="Silos.Order"/>), and so also what else nobody has a place for.
/// </summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
sealed class HomePlacement : PlacementStrategy
{
    public static HomePlacement Singleton { get; } = new();
}

/// <summary>Marks the grains of a run.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class HomePlacementAttribute() : PlacementAttribute(HomePlacement.Singleton);

/// <summary>Acts at activation only; moving what lives is the sequencer's decision (<see cref="RunPlacement"/>).</summary>
sealed class HomePlacementDirector(Silos silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var byName = compatible.ToDictionary(silo => silo.ToParsableString());
        var hinted = target.RequestContextData?.GetValueOrDefault(RestoreAtHome.Hint) as string;
        return Task.FromResult(
            hinted is not null && byName.TryGetValue(hinted, out var home)
                ? home
                : byName[silos.Order(target.GrainIdentity.Key.ToString()!, byName.Keys)[0]]
        );
    }
}
