namespace CoKe.Simulation.Mutations;

/// <summary>Every mutation, by rule. Where one clause covers for another, the remark says so and the pair is taken out together.</summary>
static class Catalog
{
    public static IReadOnlyList<Mutation> All { get; } =
    [
        .. OwnerAndRecovery.All,
        .. FencesAndTurns.All,
        .. Checkpoints.All,
        .. IdentityAndPolling.All,
        .. BoundariesAndTrainers.All,
        .. PlacementAndDeparture.All,
    ];
}
