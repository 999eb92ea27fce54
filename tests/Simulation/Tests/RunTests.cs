using System.Globalization;
using System.Security.Cryptography;
using CoKe.Simulation.Runs;
using Xunit.Abstractions;

namespace CoKe.Simulation.Tests;

/// <summary>Whole runs under every fault. A failure names its seed; the seed replays it.</summary>
public sealed class RunTests(ITestOutputHelper output)
{
    const int FreshSeeds = 300;

    /// <summary>Every seed that ever failed, by a fault of the protocol or of the scenario, in the order of their numbers.</summary>
    static readonly int[] EverFailed =
    [
        6,
        11,
        102,
        208,
        229,
        260,
        265,
        275,
        308,
        314,
        325,
        335,
        359,
        392,
        411,
        454,
        511,
        554,
        565,
        582,
        603,
        619,
        620,
        657,
        737,
        764,
        817,
        864,
        878,
        947,
        1047,
        1291,
        1335,
        1388,
        1397,
        1460,
        1534,
        1564,
        1575,
        1690,
        1694,
        1696,
        1739,
        1852,
        1866,
        1899,
        1903,
        1928,
        1963,
        1992,
        2904,
        5125,
        5466,
        13186,
        13765,
        15814,
        19134,
        118518,
        7000410,
        8006923,
        8009358,
        9000291,
        9001302,
        9002734,
        10002501,
        10002578,
        10004598,
        10005058,
        20012665,
        40006434,
        40010041,
        40013287,
        7000012,
        7000123,
        7000167,
        7000474,
        7201532,
    ];

    [Fact]
    public void SeedsThatEverFailed_PassAndStayPassed() =>
        AssertNone([.. EverFailed.SelectMany(seed => SeedRunner.Run(RunScenario.Instance, seed, 1, threads: 1))]);

    /// <remarks>The seeds are new each time, because old ones find nothing new: set COKE_SIMULATION_FROM to repeat those of another
    /// time.</remarks>
    [Fact]
    public void FreshSeeds_LoseNothingAndCountNothingTwice()
    {
        var from = Environment.GetEnvironmentVariable("COKE_SIMULATION_FROM") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : RandomNumberGenerator.GetInt32(int.MaxValue - FreshSeeds);
        output.WriteLine($"Seeds {from} to {from + FreshSeeds - 1}.");
        AssertNone(SeedRunner.Run(RunScenario.Instance, from, FreshSeeds));
    }

    static void AssertNone(IReadOnlyList<SeedFailure> failures) =>
        Assert.True(
            failures.Count == 0,
            string.Join(
                Environment.NewLine,
                failures.Select(failure =>
                    $"Seed {failure.Seed}: {failure.Error.Message} Replay it: dotnet run -c Release --project tests/Simulation -- "
                    + $"--seed {failure.Seed} --trace 400"
                )
            )
        );
}
