using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Grains.Observation;
using CoKe.Grains.Placement;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Grains.Protocol;

/// <summary>
/// All that the protocol's actors see of the world: other grains, the store, the clock. A silo gives the real ones, a simulation its own;
/// the actors are the same.
/// </summary>
/// <param name="Grains">Reaches other grains.</param>
/// <param name="Storage">Where rows lie.</param>
/// <param name="Serializer">Turns records into bytes.</param>
/// <param name="Time">The clock of waits; no result depends on it.</param>
/// <param name="Failpoints">Places where a test may strike.</param>
/// <param name="Silos">Who takes grains.</param>
sealed record ActorWorld(
    IGrainFactory Grains,
    IGrainStorage Storage,
    Serializer Serializer,
    TimeProvider Time,
    Failpoints Failpoints,
    Silos Silos
)
{
    /// <summary>The table of cluster sizes; null where the storage has none.</summary>
    public IClusterSizeTable? SizeTable { get; init; }

    /// <summary>What is measured of this silo; by default nobody can listen.</summary>
    public SiloMeter Meter { get; init; } = new(null, Time);

    /// <summary>What the runs here share for messages before their turn.</summary>
    public ReorderRoom ReorderRoom { get; init; } = new(ISequencerGrain.ReorderBytes);
}
