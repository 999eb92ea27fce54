using CoKe.Grains.Protocol;

namespace CoKe.Grains.Hosting;

/// <summary>The silos of Orleans' membership that are active: not joining, not stopping, not held for dead.</summary>
internal sealed class ClusterSilos(ISiloStatusOracle oracle) : Silos
{
    SiloAddress[] _seen = [];
    string[] _names = [];

    public override IReadOnlyCollection<string> Active
    {
        get
        {
            var active = oracle.GetActiveSilos();
            if (!ReferenceEquals(active, Volatile.Read(ref _seen)))
            {
                Volatile.Write(ref _names, [.. active.Select(silo => silo.ToParsableString())]);
                Volatile.Write(ref _seen, active);
            }

            return Volatile.Read(ref _names);
        }
    }
}
