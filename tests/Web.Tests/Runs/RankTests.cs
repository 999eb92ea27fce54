using System.Net;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>Rules 2 and 5: a rank is taken by compare, and whoever lost it learns it.</summary>
public sealed class RankTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Opening_RepeatedByTheSameTrainer_GivesTheSameGeneration()
    {
        var run = await door.NewRunAsync();
        Assert.Equal(0, (await run.GetAsync("/ranks/0")).Good().Json.GetProperty("generation").GetInt32());
        var first = (await run.OpenAsync()).Good();
        Assert.Equal(first.Bytes, (await run.OpenAsync()).Good().Bytes);
        Assert.Equal(1, (await run.GetAsync("/ranks/0")).Good().Json.GetProperty("generation").GetInt32());
        var registration = first.Json;
        Assert.Equal((run.Id, 3), (registration.GetProperty("runId").GetString(), registration.GetProperty("softLabelSlots").GetInt32()));
        Assert.InRange(registration.GetProperty("leastWindow").GetInt32(), 1, registration.GetProperty("mostWindow").GetInt32());
        Assert.InRange(registration.GetProperty("largestMessage").GetInt32(), 1, int.MaxValue);
        Assert.Equal(64, registration.GetProperty("specification").GetProperty("clustering").GetProperty("imageCount").GetInt32());
    }

    [Fact]
    public async Task Opening_RetriedLate_ChangesNothingAndFencesNobody()
    {
        var run = await door.NewRunAsync();
        Assert.Equal(1, await run.OpenedAsync(trainer: "trainer-one"));
        Assert.Equal(2, await run.OpenedAsync(trainer: "trainer-two", after: 1));
        var before = await run.StateAsync();
        (await run.OpenAsync(trainer: "trainer-one", after: 0)).Refused(409, "fenced-trainer", "generation");
        (await run.OpenAsync(trainer: "trainer-new", after: 1)).Refused(409, "fenced-trainer", "generation");
        (await run.OpenAsync(trainer: "trainer-new", after: 7)).AssertProblem();
        Assert.Equal(before, await run.StateAsync());
        (await run.PollAsync(generation: 2)).Good();
        await run.EpochAsync(run.Rows(), generation: 2);
    }

    [Fact]
    public async Task Opening_OfTenAtOnce_AdmitsOne()
    {
        var run = await door.NewRunAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => run.OpenAsync(trainer: $"trainer-{i}")));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => answer.Refused(409, "fenced-trainer"));
        Assert.Equal(1, (await run.GetAsync("/ranks/0")).Good().Json.GetProperty("generation").GetInt32());
    }

    [Fact]
    public async Task Progress_OfAFencedTrainer_SaysSo_AndWhatItSendsCountsForNothing()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync(trainer: "trainer-one");
        await run.OpenedAsync(trainer: "trainer-two", after: 1);
        (await run.PollAsync(generation: 1)).Refused(409, "fenced-trainer", "generation");
        var rows = run.Rows();
        await run.PushAsync(0, Body.Part([1, 2], UnitRows.Of(rows, [1, 2], 8)), generation: 1);
        var status = await run.EpochAsync(rows, generation: 2);
        Assert.Equal(
            (64, 4),
            (status.GetProperty("rowsAccepted").GetInt32(), status.GetProperty("lastEpoch").GetProperty("steps").GetInt32())
        );
        Assert.Equal(2, (await run.PollAsync(generation: 2)).Good().Json.GetProperty("generation").GetInt32());
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    public async Task Opening_WithoutAProperName_IsRefused(string trainer)
    {
        var run = await door.NewRunAsync();
        (await run.OpenAsync(trainer: trainer)).Refused(400, "invalid-request", "trainer");
        (await run.OpenAsync(trainer: new string('a', 129))).Refused(400, "invalid-request", "trainer");
        Assert.Equal(0, (await run.GetAsync("/ranks/0")).Good().Json.GetProperty("generation").GetInt32());
    }
}
