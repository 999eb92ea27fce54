using System.Net;
using System.Net.Http.Headers;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>Rule 1: everything below a run carries its id, which is never used again.</summary>
public sealed class RunIdTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task RequestsWithTheIdOfADeletedRun_AreGone_AndTheNewRunOfThatNameIsUntouched()
    {
        var old = await door.NewRunAsync();
        await old.OpenedAsync();
        var status = await old.EpochAsync(old.Rows());
        var commit = status.GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();
        var part = Body.Part([0, 1], UnitRows.Of(old.Rows(), [0, 1], 8));
        (await old.PushAsync(0, part, epoch: 1)).Good(HttpStatusCode.Accepted); // so that the way of a part knows the run
        (await old.DeleteAsync()).Good(HttpStatusCode.NoContent);
        var young = await HttpRun.CreateAsync(door.Http, old.Words);
        Assert.NotEqual(old.Id, young.Id);
        await young.OpenedAsync(trainer: "trainer-of-the-new-run");
        var before = await young.StateAsync();

        Func<Task<Answer>>[] late =
        [
            () => old.PushAsync(0, part),
            () => old.PushAsync(1, part, epoch: 1),
            () => old.EndAsync(0),
            () => old.DeleteAsync(),
            () => old.RestoreAsync(0),
            () => old.OpenAsync(trainer: "trainer-that-is-late", after: 1),
            () => old.GetAsync(),
            () => old.GetAsync("?after=999999999"),
            () => old.GetAsync("/ranks/0"),
            () => old.PollAsync(),
            () => old.PostAsync("/labels", Body.Of(Body.Ids(0))),
            () => old.PostAsync($"/labels?epoch=0&commit={commit}", Body.Of(Body.Ids(0))),
            () => old.PostAsync("/soft-labels", Body.Of(Body.Ids(0))),
            () => old.GetAsync("/heads/0/centers"),
            () => old.GetAsync($"/heads/0/centers?epoch=0&commit={commit}"),
            () => old.GetAsync("/epochs/0"),
            () => old.GetAsync("/heads/0/clusters"),
            () => old.GetAsync("/heads/0/clusters/1"),
            () => old.PostAsync("/assign", Body.Of(Body.Bytes<float>(UnitRows.Random(1, 2, 8)))),
            () => old.PostAsync("/assign-with-sizes", Body.Of(Body.Bytes<float>(UnitRows.Random(1, 8, 8)))),
        ];
        foreach (var request in late)
            (await request()).Refused(410, "run-gone", "run");
        Assert.Equal(before, await young.StateAsync());
        await young.EpochAsync(young.Rows());
    }

    [Fact]
    public async Task CentersThatSomebodyHas_OfADeletedRun_AreGone()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        var commit = (await run.EpochAsync(run.Rows())).GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();
        var path = $"{run.Path}/heads/0/centers?epoch=0&commit={commit}";
        var tag = (await Answer.OfAsync(door.Http.GetAsync(path))).Good().Header("ETag")!;
        (await run.DeleteAsync()).Good(HttpStatusCode.NoContent);
        using var known = new HttpRequestMessage(HttpMethod.Get, path);
        known.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(tag));
        (await Answer.OfAsync(door.Http.SendAsync(known))).Refused(410, "run-gone");
    }

    [Fact]
    public async Task Delete_TenAtOnce_EndsWithTheRunGone()
    {
        var run = await door.NewRunAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => run.DeleteAsync()));
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.NoContent or HttpStatusCode.Gone, $"{answer.Status}"));
        Assert.Contains(answers, answer => answer.Status == HttpStatusCode.NoContent);
        (await run.GetAsync()).Refused(410, "run-gone");
        (await run.DeleteAsync()).Refused(410, "run-gone");
    }
}
