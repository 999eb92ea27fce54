using System.Text.Json;
using CoKe.ConstrainedKMeans;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>What is asked about the past of a run, a cluster and its surroundings, and one image, as any program asks it.</summary>
public sealed class QuestionTests(OneDoor door) : IClassFixture<OneDoor>
{
    const int Epochs = 3;

    [Fact]
    public async Task Run_AfterSomeEpochs_AnswersEveryQuestionAsTheOracleDoes()
    {
        var run = await door.NewRunAsync(words => words with { StageTwoAfterEpoch = 1, ClusterCounts = [4, 7] });
        using var oracle = new OnlineConstrainedKMeans(run.Words.Clustering);
        await run.OpenedAsync();
        (await run.GetAsync("/heads/0/clusters/1/nearest")).Refused(404, "epoch-not-readable", "epoch");
        Assert.Empty(Each((await run.GetAsync("/epochs")).Good().Json, "epochs"));
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var rows = run.Rows(seed: epoch);
            await run.EpochAsync(rows, epoch);
            foreach (var ids in Enumerable.Range(0, run.Words.ImageCount).Chunk(run.Words.BatchSize))
                oracle.Step(UnitRows.Of(rows, ids, run.Words.Dimension), ids);
            oracle.EndEpoch();
        }

        await AssertEpochs(run);
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
                AssertCluster(oracle.Heads[h], k, (await run.GetAsync($"/heads/{h}/clusters/{k}")).Good().Json);
            await AssertNearest(run, oracle.Heads[h], h);
            await AssertOrder(run, oracle.Heads[h], h);
        }

        var image = (await run.GetAsync("/images/11")).Good().Json;
        Assert.Equal((11, Epochs - 1, false), (Number(image, "imageId"), Number(image, "epoch"), image.GetProperty("isOld").GetBoolean()));
        Assert.Equal(oracle.Heads.Select(head => head.Labels[11]), Each(image, "labels").Select(label => label.GetInt32()));
        Assert.Equal(JsonValueKind.Null, image.GetProperty("openLabels").ValueKind);
        Assert.Equal(
            oracle.Heads.Select(head => string.Join(' ', head.SoftLabels[11].Entries.ToArray().Select(slot => (slot.Label, slot.Weight)))),
            Each(image, "softLabels")
                .Select(slots =>
                    string.Join(' ', slots.EnumerateArray().Select(slot => (Number(slot, "label"), slot.GetProperty("weight").GetDouble())))
                )
        );
    }

    [Fact]
    public async Task Image_InTheOpenEpoch_HasALabelThatIsNotCommitted()
    {
        var run = await door.NewRunAsync();
        using var oracle = new OnlineConstrainedKMeans(run.Words.Clustering);
        await run.OpenedAsync();
        int[] ids = [.. Enumerable.Range(0, run.Words.BatchSize)];
        var rows = UnitRows.Of(run.Rows(), ids, run.Words.Dimension);
        var label = oracle.Step(rows, ids)[0][3];
        (await run.PushAsync(0, Body.Part(ids, rows))).Good(System.Net.HttpStatusCode.Accepted);
        await run.ProgressAsync(progress => progress.GetProperty("processed").GetInt64() > 0);
        var image = (await run.GetAsync("/images/3")).Good().Json;
        Assert.Equal((-1, -1), (Number(image, "epoch"), Each(image, "labels").Single().GetInt32()));
        Assert.Equal(label, Each(image, "openLabels").Single().GetInt32());
        Assert.Equal(JsonValueKind.Null, image.GetProperty("softLabels").ValueKind);
        var cluster = (await run.GetAsync($"/heads/0/clusters/{label}")).Good().Json;
        Assert.Contains(3, Each(cluster.GetProperty("openMembers"), "mostSimilar").Select(member => Number(member, "imageId")));
    }

    [Theory]
    [InlineData("/epochs?first=-1", "invalid-options", "first")]
    [InlineData("/epochs?count=0", "invalid-options", "count")]
    [InlineData("/epochs?count=1025", "invalid-options", "count")]
    [InlineData("/epochs?first=x", "invalid-request", "first")]
    [InlineData("/heads/0/clusters/0/nearest?count=0", "invalid-options", "count")]
    [InlineData("/heads/0/clusters/0/nearest?count=1001", "invalid-options", "count")]
    [InlineData("/images/64", "invalid-image-id", "imageIds")]
    [InlineData("/images/-1", "invalid-image-id", "imageIds")]
    [InlineData("/images/9999999999", "invalid-image-id", "imageIds")]
    [InlineData("/heads/0/clusters?sort=minima", "invalid-request", "sort")]
    public async Task Questions_ThatMakeNoSense_AreRefused(string rest, string kind, string field)
    {
        var run = await door.NewRunAsync();
        (await run.GetAsync(rest)).Refused(400, kind, field);
    }

    [Theory]
    [InlineData("/heads/1/clusters/0/nearest", "head")]
    [InlineData("/heads/0/clusters/4/nearest", "cluster")]
    public async Task Surroundings_OfAPartThatThereIsNot_AreUnknown(string rest, string field)
    {
        var run = await door.NewRunAsync();
        (await run.GetAsync(rest)).Refused(404, "unknown-part", field);
    }

    static async Task AssertEpochs(HttpRun run)
    {
        var all = (await run.GetAsync("/epochs")).Good().Json;
        Assert.Equal(Enumerable.Range(0, Epochs), Each(all, "epochs").Select(report => Number(report, "epoch")));
        foreach (var (epoch, report) in Each(all, "epochs").Index())
            Assert.Equal((await run.GetAsync($"/epochs/{epoch}")).Good().Json.GetRawText(), report.GetRawText());
        var some = (await run.GetAsync("/epochs?first=1&count=1")).Good().Json;
        Assert.Equal((1, 1), (Number(some, "first"), Number(Each(some, "epochs").Single(), "epoch")));
        Assert.Empty(Each((await run.GetAsync($"/epochs?first={Epochs}")).Good().Json, "epochs"));
        var head = Each(Each(all, "epochs").Last(), "heads").First();
        Assert.InRange(head.GetProperty("agreement").GetDouble(), 0, 1);
        Assert.Equal(64, Number(head, "agreementImages"));
        Assert.InRange(head.GetProperty("gini").GetDouble(), 0, 1);
        Assert.InRange(
            head.GetProperty("sizeQuantiles").GetProperty("p50").GetDouble(),
            Number(head, "smallestSize"),
            Number(head, "largestSize")
        );
        Assert.Equal(JsonValueKind.Null, Each(Each(all, "epochs").First(), "heads").First().GetProperty("agreement").ValueKind);
    }

    static void AssertCluster(OracleHead head, int k, JsonElement cluster)
    {
        Assert.Equal(
            head.History(k)
                .Select(
                    (epoch, t) =>
                        (t, (long)epoch.Size, epoch.Dual, (double)epoch.Moved, t == 0 ? -1 : epoch.Came / ((double)epoch.Kept + epoch.Came))
                ),
            Each(cluster, "epochs")
                .Select(epoch =>
                    (
                        Number(epoch, "epoch"),
                        epoch.GetProperty("size").GetInt64(),
                        epoch.GetProperty("dual").GetDouble(),
                        epoch.GetProperty("moved").GetDouble(),
                        epoch.GetProperty("changedShare") is { ValueKind: JsonValueKind.Number } share ? share.GetDouble() : -1
                    )
                )
        );
        var last = head.Cluster(k).LastMembers;
        Assert.Equal(last.MostSimilar, Members(cluster, "mostSimilar"));
        Assert.Equal(last.LeastSimilar, Members(cluster, "leastSimilar"));
        Assert.Equal(head.Plan.RequiredSize(k) - head.Cluster(k).LastCount, cluster.GetProperty("violation").GetDouble());

        static IEnumerable<RankedMember> Members(JsonElement cluster, string which) =>
            Each(cluster.GetProperty("lastMembers"), which)
                .Select(member => new RankedMember(Number(member, "imageId"), member.GetProperty("similarity").GetSingle()));
    }

    static async Task AssertNearest(HttpRun run, OracleHead head, int h)
    {
        var d = head.Plan.Dimension;
        double Similarity(int other) => Enumerable.Range(0, d).Sum(j => (double)head.Frozen(other)[j] * head.Frozen(2)[j]);
        var answer = (await run.GetAsync($"/heads/{h}/clusters/2/nearest?count=2")).Good().Json;
        Assert.Equal((h, 2), (Number(answer, "head"), Number(answer, "cluster")));
        Assert.Equal(
            Enumerable.Range(0, head.Plan.ClusterCount).Where(k => k != 2).OrderByDescending(Similarity).Take(2),
            Each(answer, "nearest").Select(near => Number(near, "cluster"))
        );
    }

    static async Task AssertOrder(HttpRun run, OracleHead head, int h)
    {
        var worst = (await run.GetAsync($"/heads/{h}/clusters?sort=-violation")).Good().Json;
        Assert.Equal(
            Enumerable.Range(0, head.Plan.ClusterCount).OrderBy(k => head.Cluster(k).LastCount),
            Each(worst, "clusters").Select(cluster => Number(cluster, "cluster"))
        );
        Assert.Equal(
            head.Plan.ClusterCount,
            Each((await run.GetAsync($"/heads/{h}/clusters?sort=minimum")).Good().Json, "clusters").Count()
        );
    }

    static IEnumerable<JsonElement> Each(JsonElement words, string name) => words.GetProperty(name).EnumerateArray();

    static int Number(JsonElement words, string name) => words.GetProperty(name).GetInt32();
}
