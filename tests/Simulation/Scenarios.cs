namespace CoKe.Simulation;

/// <summary>Everything that is simulated.</summary>
static class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [Runs.RunScenario.Instance, Slots.SlotScenario.Instance, Tests.CounterScenario.Instance];
}
