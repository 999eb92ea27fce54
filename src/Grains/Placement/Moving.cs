namespace CoKe.Grains.Placement;

/// <summary>How an activation goes.</summary>
static class Moving
{
    /// <summary>
    /// Ends an activation. Where a home is named its successor is made there first, as in a migration, and it takes nothing with it: silos
    /// that remember the old place would send there what comes next, and a silo makes whatever it is asked for and does not find.
    /// </summary>
    /// <param name="grain">The activation.</param>
    /// <param name="home">The silo of its successor; null: wherever it is needed next.</param>
    public static void LeaveFor(this IGrainContext grain, string? home)
    {
        if (home is null)
            grain.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "It is not needed here."));
        else
            grain.Migrate(new Dictionary<string, object> { [RestoreAtHome.Hint] = home });
    }
}
