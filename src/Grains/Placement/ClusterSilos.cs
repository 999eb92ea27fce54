using CoKe.Streams;

namespace CoKe.Grains.Placement;

/// <summary>
/// The silos of Orleans' membership that are active (not joining, not stopping, not held for dead) and of which it is known here which
/// grains they can host: until then no placement can choose them.
/// </summary>
sealed class ClusterSilos(ISiloStatusOracle oracle, IClusterManifestProvider manifests, QueueHomes queues) : Silos(queues)
{
    sealed record View(object Active, object Manifest, string[] Names);

    View? _view;

    public override IReadOnlyCollection<string> Active
    {
        get
        {
            var (active, manifest) = (oracle.GetActiveSilos(), manifests.Current);
            var view = Volatile.Read(ref _view);
            if (view is null || !ReferenceEquals(active, view.Active) || !ReferenceEquals(manifest, view.Manifest))
            {
                view = new View(active, manifest, [.. active.Where(manifest.Silos.ContainsKey).Select(silo => silo.ToParsableString())]);
                Volatile.Write(ref _view, view);
            }

            return view.Names;
        }
    }
}
