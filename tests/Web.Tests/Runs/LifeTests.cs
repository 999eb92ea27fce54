using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>What a run does, what its trainers tell of themselves, and that they are done.</summary>
public sealed class LifeTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Run_FromItsCreationToItsEnd_SaysWhatItDoes()
    {
        var run = await door.NewRunAsync();
        var created = await run.StatusAsync();
        Assert.Equal("created", Activity(created));
        Assert.NotEqual(JsonValueKind.Null, created.GetProperty("created").ValueKind);
        Assert.Equal(JsonValueKind.Null, created.GetProperty("updated").ValueKind);
        await run.OpenedAsync();
        Assert.Equal("idle", Activity(await run.StatusAsync()));
        await run.EpochAsync(run.Rows());
        await run.PushAsync(0, Body.Part([1, 2], UnitRows.Of(run.Rows(), [1, 2], 8)), epoch: 1);
        var training = await run.StatusAsync(status => status.GetProperty("rowsInEpoch").GetInt32() == 2);
        Assert.Equal("training", Activity(training));
        Assert.True(training.GetProperty("imagesPerSecond").GetDouble() > 0);
        Assert.NotEqual(JsonValueKind.Null, training.GetProperty("updated").ValueKind);
        (await run.EndAsync(1, epoch: 1)).Good(HttpStatusCode.Accepted);
        await run.StatusAsync(status => status.GetProperty("epoch").GetInt32() == 2);
        (await run.FinishAsync()).Good(HttpStatusCode.NoContent);
        (await run.FinishAsync()).Good(HttpStatusCode.NoContent);
        var finished = await run.StatusAsync();
        Assert.Equal("finished", Activity(finished));
        Assert.True(Trainer(finished).GetProperty("isFinished").GetBoolean());

        Assert.Equal(2, await run.OpenedAsync(trainer: "trainer-two", after: 1));
        (await run.FinishAsync(generation: 1)).Refused(409, "fenced-trainer", "generation");
        Assert.False(Trainer(await run.StatusAsync()).GetProperty("isFinished").GetBoolean());
        (await run.FinishAsync(generation: 3)).Refused(400, "invalid-options", "generation");
        (await run.FinishAsync(generation: 0)).Refused(400, "invalid-options", "generation");
        (await run.FinishAsync(rank: 1)).Refused(404, "unknown-part", "rank");
    }

    [Fact]
    public async Task Run_OfWhichARankHasNotCome_WaitsForIt()
    {
        var run = await door.NewRunAsync(words => words with { Trainers = 2 });
        await run.OpenedAsync(rank: 1);
        var activity = (await run.StatusAsync()).GetProperty("activity");
        Assert.Equal(
            ("waiting", "notCome", 0),
            (
                activity.GetProperty("kind").GetString(),
                activity.GetProperty("reason").GetString(),
                activity.GetProperty("ranks").EnumerateArray().Single().GetInt32()
            )
        );
    }

    [Fact]
    public async Task Report_IsShownAsItWasTold_AlsoALossThatIsNone()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        (await run.ReportAsync(Full())).Good(HttpStatusCode.NoContent);
        var report = Trainer(await run.StatusAsync()).GetProperty("report");
        Assert.True(JsonNode.DeepEquals(Full(), JsonNode.Parse(report.GetRawText())), report.GetRawText());
        Assert.InRange(Trainer(await run.StatusAsync()).GetProperty("seenSecondsAgo").GetDouble(), 0, 60);

        foreach (var none in new[] { "NaN", "Infinity", "-Infinity" })
        {
            (await run.ReportAsync(new JsonObject { ["loss"] = none })).Good(HttpStatusCode.NoContent);
            var told = Trainer(await run.StatusAsync()).GetProperty("report");
            Assert.Equal(none, told.GetProperty("loss").GetString());
            Assert.Equal(JsonValueKind.Null, told.GetProperty("host").ValueKind);
        }
    }

    [Theory]
    [InlineData("host", "\"\"")]
    [InlineData("host", "\"a\\u001b[2Jb\"")]
    [InlineData("imagesPerSecond", "-1")]
    [InlineData("waitedShare", "1.5")]
    [InlineData("learningRate", "-0.1")]
    [InlineData("processId", "0")]
    [InlineData("lastEpoch", "-1")]
    public async Task Report_OutOfRange_IsRefusedByName_AndTheOneBeforeStays(string field, string value)
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        (await run.ReportAsync(Full())).Good(HttpStatusCode.NoContent);
        var before = await run.StateAsync();
        var report = Full();
        report[field] = JsonNode.Parse(value);
        (await run.ReportAsync(report)).Refused(400, "invalid-report", field);
        Assert.Equal(before, await run.StateAsync());
        (await run.PollAsync()).Good();
    }

    [Fact]
    public async Task Report_OfAnotherKind_OrOfATrainerThatHasNotTheRank_IsRefused()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        (await run.ReportAsync(new JsonObject { ["loss"] = "much" })).Refused(400, "invalid-request", "loss");
        (await run.ReportAsync(new JsonObject { ["host"] = new string('x', 65) })).Refused(400, "invalid-report", "host");
        (await run.ReportAsync(new JsonObject { ["temperature"] = 1 })).Refused(400, "invalid-request");
        (await run.ReportAsync(Full(), rank: 1)).Refused(404, "unknown-part", "rank");
        (await run.ReportAsync(Full(), generation: 2)).Refused(400, "invalid-request", "generation");
        Assert.Equal(JsonValueKind.Null, Trainer(await run.StatusAsync()).GetProperty("report").ValueKind);
        await run.OpenedAsync(trainer: "trainer-two", after: 1);
        (await run.ReportAsync(Full(), generation: 1)).Refused(409, "fenced-trainer", "generation");
        Assert.Equal(JsonValueKind.Null, Trainer(await run.StatusAsync()).GetProperty("report").ValueKind);
    }

    static JsonObject Full() =>
        new()
        {
            ["host"] = "node-7",
            ["processId"] = 4711,
            ["imagesPerSecond"] = 1234.5,
            ["waitedShare"] = 0.25,
            ["loss"] = 2.5,
            ["learningRate"] = 0.1,
            ["lastEpoch"] = 48,
        };

    static string? Activity(JsonElement status) => status.GetProperty("activity").GetProperty("kind").GetString();

    static JsonElement Trainer(JsonElement status) => status.GetProperty("trainers")[0];
}
