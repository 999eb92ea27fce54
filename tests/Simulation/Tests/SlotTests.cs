using CoKe.Simulation.Slots;

namespace CoKe.Simulation.Tests;

/// <summary>Rule 5 alone, in its own scenario.</summary>
public sealed class SlotTests
{
    [Fact]
    public void NamedVersions_StayWhole_WhateverLandsWhen() => Assert.Empty(SeedRunner.Run(SlotScenario.Instance, 0, 400));
}
