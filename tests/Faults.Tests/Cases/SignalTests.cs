using CoKe.Faults.Tests.Cluster;

namespace CoKe.Faults.Tests.Cases;

/// <summary>A program that uses a client or an embedded silo keeps its own Ctrl-C and SIGTERM.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Program_WithEmbeddedSiloAndClient_EndsByASignalAsAnyOther(string signal, int exit)
    {
        await using var program = Child.Embedding();
        await program.UntilAsync(line => line == "embedded");
        await program.SignalAsync(signal);
        Assert.Equal(exit, (await program.EndAsync()).Exit);
    }
}
