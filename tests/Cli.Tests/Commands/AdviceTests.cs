using CoKe.Abstractions;
using CoKe.Cli.Output;

namespace CoKe.Cli.Tests.Commands;

/// <summary>What <c>coke</c> adds to the sentences of the library.</summary>
public sealed class AdviceTests
{
    [Fact]
    public async Task NoSiloAtTheGateway_SaysHowToStartOne_AndHowToNameAnother()
    {
        var outcome = await Outcome.OfAsync("runs", "--gateway", "127.0.0.1:1");
        Assert.EndsWith("'dotnet run -c Release --project src/Silo' starts one, --gateway names another.", outcome.ErrorLine);
    }

    [Fact]
    public void UnknownRun_SaysWhichCommandListsRuns() =>
        Assert.Equal(
            "There is no run 'a': list the runs to see their names, or create it. 'coke runs' lists them.",
            Advice.Of(new UnknownRunException("a"))
        );

    [Fact]
    public void DamagedSnapshot_SaysWhichCommandRestores_WhereThatHelps()
    {
        var fault = new DamagedSnapshotException("block a~1/0/0", "version 7", "is damaged").Message;
        Assert.EndsWith(" 'coke runs restore a' restores it.", Advice.Of(new RunFaultedException("a", fault)));
        fault = new DamagedSnapshotException("run 'a'", "record", "is damaged", isVersion: false).Message;
        Assert.DoesNotContain("coke", Advice.Of(new RunFaultedException("a", fault)));
    }
}
