using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>Rule 4: reads name one commit; and going back names the attempt that it leaves.</summary>
public sealed class CommitTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Reads_OfAnotherCommitThanTheLast_AreRefused()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        (await run.PostAsync("/labels", Body.Of(Body.Ids(0)))).Refused(404, "epoch-not-readable", "epoch");
        (await run.GetAsync("/heads/0/centers")).Refused(404, "epoch-not-readable", "epoch");
        (await run.GetAsync("/epochs/0")).Refused(404, "epoch-not-readable", "epoch");
        var first = Commit(await run.EpochAsync(run.Rows()));
        (await Labels(run, 0, first)).Good();
        (await Labels(run, 0, first + 1)).Refused(400, "invalid-options", "commit");
        (await Labels(run, 1, first)).Refused(404, "epoch-not-readable", "epoch");

        var second = Commit(await run.EpochAsync(run.Rows(), epoch: 1));
        foreach (var commit in new int?[] { null, first, second })
        {
            var query = $"?epoch=0{(commit is null ? "" : $"&commit={commit}")}";
            (await run.PostAsync($"/labels{query}", Body.Of(Body.Ids(0)))).Refused(404, "epoch-not-readable", "epoch");
            (await run.GetAsync($"/heads/0/centers{query}")).Refused(404, "epoch-not-readable", "epoch");
            (await run.PostAsync($"/assign{query}", Body.Of(Body.Bytes<float>(UnitRows.Random(1, 2, 8))))).Refused(
                404,
                "epoch-not-readable"
            );
        }

        (await Labels(run, 1, second)).Good();
        (await run.GetAsync($"/heads/0/centers?epoch=1&commit={second + 7}")).Refused(400, "invalid-options", "commit");
        (await run.GetAsync("/heads/0/centers?commit=-1")).Refused(400, "invalid-options", "commit");
        (await run.GetAsync("/epochs/0")).Good(); // a report is kept
    }

    [Fact]
    public async Task Restore_RepeatedOrTenAtOnce_GoesBackOnce()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        await run.EpochAsync(run.Rows());
        var part = Body.Part([0, 1, 2], UnitRows.Of(run.Rows(), [0, 1, 2], 8));
        await run.PushAsync(0, part, epoch: 1);
        await run.ProgressAsync(progress => progress.GetProperty("processed").GetInt64() == 1);
        Assert.Equal(1, (await run.RestoreAsync(0)).Good().Json.GetProperty("attempt").GetInt32());
        await run.PushAsync(0, part, epoch: 1, attempt: 1);
        await run.ProgressAsync(progress =>
            progress.GetProperty("attempt").GetInt32() == 1 && progress.GetProperty("processed").GetInt64() == 1
        );
        Assert.Equal(1, (await run.RestoreAsync(0)).Good().Json.GetProperty("attempt").GetInt32());
        Assert.Equal(3, (await run.StatusAsync()).GetProperty("rowsInEpoch").GetInt32());

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => run.RestoreAsync(1)));
        Assert.All(answers, answer => Assert.Equal(2, answer.Good().Json.GetProperty("attempt").GetInt32()));
        Assert.Equal(2, (await run.StatusAsync()).GetProperty("attempt").GetInt32());
        (await run.RestoreAsync(3)).Refused(409, "attempt-conflict", "attempt");
        (await run.PostAsync("/restore")).Refused(400, "invalid-request", "attempt");
        await run.EpochAsync(run.Rows(), epoch: 1, attempt: 2);
    }

    static Task<Answer> Labels(HttpRun run, int epoch, int commit) =>
        run.PostAsync($"/labels?epoch={epoch}&commit={commit}", Body.Of(Body.Ids(0, 1)));

    static int Commit(System.Text.Json.JsonElement status) =>
        status.GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();
}
