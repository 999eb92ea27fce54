namespace CoKe.Grains.Protocol;

/// <summary>Named points of the protocol at which a test may stop, kill or delay the caller. Production passes through.</summary>
internal class Failpoints
{
    /// <summary>Called when the protocol reaches a point.</summary>
    public virtual ValueTask Reach(string point) => default;
}
