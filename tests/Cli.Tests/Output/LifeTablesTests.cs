using CoKe.Abstractions;
using CoKe.Cli.Output;

namespace CoKe.Cli.Tests.Output;

/// <summary>The words for what a run does and who trains it.</summary>
public sealed class LifeTablesTests
{
    static readonly RunView Run = new(
        "birds",
        "birds~1",
        1000,
        8,
        10,
        1,
        0,
        [4],
        3,
        10,
        500,
        2500,
        1,
        0,
        [],
        null,
        [],
        null,
        "live",
        10,
        null,
        [],
        [],
        []
    );

    [Theory]
    [InlineData(ActivityKind.Training, "training")]
    [InlineData(ActivityKind.Created, "created")]
    [InlineData(ActivityKind.Finished, "finished")]
    public void State_WithoutAWait_IsOneWord(ActivityKind kind, string expected)
    {
        var run = Run with { Activity = RunActivity.Of(kind) };
        Assert.Equal(expected, LifeTables.State(run));
        Assert.Null(LifeTables.Remark(run));
    }

    [Theory]
    [InlineData(WaitReason.NotCome, new[] { 2 }, "waiting for rank 2", "waits for trainer 2, which has not come yet.")]
    [InlineData(WaitReason.NotCome, new[] { 0, 2 }, "waiting for ranks 0, 2", "waits for trainer 0, 2, which have not come yet.")]
    [InlineData(
        WaitReason.Silent,
        new[] { 1 },
        "waiting for rank 1",
        "waits for trainer 1, which has said nothing for 1 min 15 s: see whether it still runs."
    )]
    [InlineData(
        WaitReason.Silent,
        new[] { 0, 1, 2, 3 },
        "waiting for 4 ranks",
        "waits for trainer 0, 1, 2, 3, which have said nothing for up to 1 min 15 s: see whether they still run."
    )]
    [InlineData(WaitReason.PartMissing, new[] { 1 }, "waiting for rank 1", "waits for trainer 1.")]
    public void Remark_OfAWait_SaysForWhomAndWhy(WaitReason reason, int[] ranks, string state, string remark)
    {
        var run = Run with { Activity = new RunActivity(ActivityKind.Waiting, ranks, reason, 75) };
        Assert.Equal((state, remark), (LifeTables.State(run), LifeTables.Remark(run)));
    }

    [Fact]
    public void Remark_OfAnEndThatIsAwaited_NamesTheEpoch()
    {
        var run = Run with
        {
            Activity = new RunActivity(ActivityKind.Waiting, [1], WaitReason.PartMissing),
            Trainers = [new TrainerView(0, 1, 5, true, false), new TrainerView(1, 1, 4, false, true)],
        };
        Assert.Equal("waits for trainer 1 to end epoch 3.", LifeTables.Remark(run));
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min 0 s")]
    [InlineData(3_725, "1 h 2 min")]
    [InlineData(2 * 86_400 + 5 * 3_600, "2 d 5 h")]
    [InlineData(double.MaxValue, "5,337,599 d 13 h")]
    public void Duration_IsItsTwoLargestUnits(double seconds, string expected) => Assert.Equal(expected, LifeTables.Duration(seconds));

    [Fact]
    public void Trainers_ShowWhatWasTold_AndLeaveOutWhatWasNot()
    {
        TrainerView[] trainers =
        [
            new(0, 2, 5, false, false)
            {
                SeenSecondsAgo = 0.4,
                Report = new TrainerReport("node-7", 4711, 812.5, 0.25, double.NaN, 0.1, 48),
            },
            new(1, 1, 0, false, false) { SeenSecondsAgo = 75, Silent = true },
            new(2, 0, 0, false, false),
        ];
        var lines = Drawn(trainers);
        Assert.Equal(
            ["rank", "trainer", "host", "process", "generation", "next batch", "last seen", "images/s", "waited", "loss", "learning rate"],
            Cells(lines[0])
        );
        Assert.Equal(["0", "here", "node-7", "4711", "2", "5", "0 s ago", "812", "25 %", "NaN", "0.1"], Cells(lines[2]));
        Assert.Equal(["1", "silent", "-", "-", "1", "0", "1 min 15 s ago", "-", "-", "-", "-"], Cells(lines[3]));
        Assert.Equal(["2", "not here yet", "-", "-", "0", "0", "-", "-", "-", "-", "-"], Cells(lines[4]));
        Assert.Equal(["rank", "trainer", "generation", "next batch"], Cells(Drawn([trainers[2]])[0]));
    }

    [Fact]
    public void Pace_SaysHowFastAndHowLong()
    {
        Assert.Equal("0 images/s", LifeTables.Pace(Run));
        var run = Run with
        {
            ImagesPerSecond = 1234.4,
            SecondsLeft = 3_725,
            Trainers = [new TrainerView(0, 1, 0, false, false) { Report = new TrainerReport(LastEpoch: 48) }],
        };
        Assert.Equal("1,234 images/s, about 1 h 2 min left until epoch 48 is done", LifeTables.Pace(run));
    }

    static string[] Drawn(TrainerView[] trainers)
    {
        using StringWriter output = new(),
            error = new();
        new Terminal(output, error).Console.Write(LifeTables.Trainers(trainers));
        return [.. output.ToString().Split('\n').Where(line => line.Trim(' ', '─', '-').Length > 0 || line.Contains('─')).Skip(1)];
    }

    static string[] Cells(string line) =>
        [.. line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(cell => cell.Length > 0)];
}
