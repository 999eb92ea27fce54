using CoKe.Grains.Placement;

namespace CoKe.Grains.Sequencing;

/// <summary>The silos that may hold a run: those that take grains, less those that said that they leave.</summary>
sealed class Homes(Silos silos)
{
    readonly HashSet<string> _leaving = [];

    /// <summary>At the moment. All are leaving: the run stays where it is until they are gone.</summary>
    public IReadOnlyCollection<string> Present
    {
        get
        {
            var active = silos.Active;
            string[] staying = [.. active.Where(silo => !_leaving.Contains(silo))];
            return staying.Length > 0 ? staying : active;
        }
    }

    /// <summary>A silo said that it leaves.</summary>
    public void Leaves(string silo) => _leaving.Add(silo);
}
