namespace CoKe.Simulation;

/// <summary>Everything that is simulated.</summary>
static class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } = [Runs.RunScenario.Instance, Tests.CounterScenario.Instance];
}
