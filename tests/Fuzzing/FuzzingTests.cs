using CoKe.Fuzzing.Inputs;
using CoKe.Fuzzing.Targets;
using Xunit.Abstractions;

namespace CoKe.Fuzzing;

/// <summary>
/// Every reader of files, frames and requests, fed with some thousand inputs that nobody would write. How many is fixed, and so is the
/// seed; <c>dotnet run</c> feeds them for longer.
/// </summary>
public sealed class FuzzingTests(ITestOutputHelper output)
{
    const int Seed = 1;

    public static TheoryData<string> Names => [.. AllTargets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reader_InputsThatNobodyWouldWrite_ReturnsOrRefusesInOneSentence(string name)
    {
        var before = LastInput.PathOf(name);
        if (File.Exists(before))
            output.WriteLine($"The process died before on the input in {before}.");

        using var made = AllTargets.Make(name);
        var findings = new Campaign(made.Target, Seed).Run(changed => changed < made.Target.Iterations);
        output.WriteLine($"{findings}");

        Assert.True(findings.Faults.Count == 0, string.Join(Environment.NewLine, findings.Faults));
        Assert.True(
            findings.Outcomes.Count > 1,
            $"All of {findings.Iterations} inputs came to '{findings.Outcomes.First()}': the target reads nothing."
        );
        Assert.Empty(made.LeftBehind());
    }
}
