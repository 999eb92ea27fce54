namespace CoKe.Grains.Placement;

/// <summary>The silos that take grains, as one sees them at the moment. Views differ for a while; nothing but where things live depends on
/// it.</summary>
class Silos
{
    /// <summary>Their names, each of one life of one silo. None: placement is nobody's business, and everything stays where it
    /// is.</summary>
    public virtual IReadOnlyCollection<string> Active => [];

    /// <summary>A grain that lives here is wanted elsewhere. A home that is gone is none.</summary>
    public bool IsAway(string here, string? home) => home is not null && home != here && Active.Contains(home);
}
