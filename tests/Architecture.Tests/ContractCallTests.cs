namespace CoKe.Architecture.Tests;

/// <summary>The door's calls carry the cluster's right, so what it may call is held here: only what clients may call too.</summary>
public sealed class ContractCallTests
{
    static readonly string[] Contracts = ["Abstractions", "Streams"],
        Rooms = ["Web", "Client"];

    [Fact]
    public void Door_CallsNothingThatIsForTheClusterAlone()
    {
        using var calls = new ContractCalls([.. Contracts.Select(Built)], [.. Rooms.Select(Built)]);
        var all = calls.All.Distinct().ToArray();
        // What is there must be found, or the rule holds nothing.
        Assert.Contains(all, call => Is(call.Called, "IRunGrain::DeleteAsync") && call.Right == ContractCalls.AdministerRight);
        Assert.Contains(all, call => Is(call.Called, "ISequencerGrain::PollAsync") && call.Right < ContractCalls.AdministerRight);
        Assert.All(Rooms, room => Assert.Contains(all, call => call.From.Contains($" CoKe.{room}.", StringComparison.Ordinal)));
        var broken = all.Where(call => call.Right >= ContractCalls.ClusterRight)
            .Select(call => $"{call.From}\n  calls {call.Called}")
            .ToArray();
        Assert.True(
            broken.Length == 0,
            string.Join('\n', broken)
                + "\nThis needs the cluster's right, which no client has. The door's calls carry the cluster's right, so what it "
                + "may call is held here: call something that clients may call, or the door lets anybody do what only silos may."
        );
    }

    static bool Is(string called, string method) => called.Contains(method, StringComparison.Ordinal);

    static string Built(string room) =>
        Path.Combine(
            Repository.At($"src/{room}"),
            Path.GetRelativePath(Repository.At("tests/Architecture.Tests"), AppContext.BaseDirectory),
            $"CoKe.{room}.dll"
        );
}
