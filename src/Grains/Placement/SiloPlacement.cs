using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoKe.Grains.Placement;

/// <summary>Makes a grain on the silo that its key names.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
sealed class SiloPlacement : PlacementStrategy
{
    public static SiloPlacement Singleton { get; } = new();
}

/// <summary>Marks grains that there is one of on every silo.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class SiloPlacementAttribute() : PlacementAttribute(SiloPlacement.Singleton);

/// <summary>For a silo that is gone, or that never was, one is made here, which says so.</summary>
sealed class SiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = target.GrainIdentity.Key.ToString();
        return Task.FromResult(
            context.GetCompatibleSilos(target).FirstOrDefault(silo => silo.ToParsableString() == name) ?? context.LocalSilo
        );
    }
}
