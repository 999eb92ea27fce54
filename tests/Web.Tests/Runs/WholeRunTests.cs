using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CoKe.ConstrainedKMeans;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>What is fed and read over HTTP equals Algorithm 1 in one process bit for bit.</summary>
public sealed class WholeRunTests(OneDoor door) : IClassFixture<OneDoor>
{
    const int N = 600,
        D = 12,
        B = 60,
        Trainers = 2;

    static readonly float[] Images = UnitRows.Random(3, N, D);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_TwoRanksPartsOutOfOrderAndRepeated_EqualsTheOracleBitForBit(bool npy)
    {
        var run = await NewRun();
        using var oracle = new OnlineConstrainedKMeans(run.Words.Clustering);
        await OpenAll(run);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var report = await Epoch(run, oracle, epoch, npy);
            await AssertEqual(run, oracle, epoch, Commit(report), npy);
        }
    }

    [Fact]
    public async Task SoftLabels_InStageTwo_EqualTheOracle_AndAreNotReadableBefore()
    {
        var run = await NewRun(words => words with { StageTwoAfterEpoch = 0 });
        using var oracle = new OnlineConstrainedKMeans(run.Words.Clustering);
        await OpenAll(run);
        await Epoch(run, oracle, 0, npy: false);
        (await run.PostAsync("/soft-labels", Body.Of(Body.Ids(0, 1)))).Refused(400, "invalid-request", "epoch");
        await Epoch(run, oracle, 1, npy: false);
        await Epoch(run, oracle, 2, npy: false);
        int[] ids = [.. Enumerable.Range(0, N).Reverse()];
        var answer = (await run.PostAsync("/soft-labels", Body.Of(Body.Ids(ids)))).Good();
        Assert.Equal($"2,{N},3;2,{N},3", answer.Header("CoKe-Shape"));
        var labels = Body.Values<int>(answer.Bytes.AsSpan(0, 2 * N * 3 * sizeof(int)));
        var weights = Body.Values<float>(answer.Bytes.AsSpan(2 * N * 3 * sizeof(int)));
        var at = 0;
        foreach (var head in oracle.Heads)
        {
            foreach (var id in ids)
            {
                var entries = head.SoftLabels[id].Entries;
                for (var slot = 0; slot < 3; slot++, at++)
                {
                    var isUsed = slot < entries.Length;
                    Assert.Equal(isUsed ? entries[slot].Label : -1, labels[at]);
                    Assert.Equal(isUsed ? (float)entries[slot].Weight : 0, weights[at]);
                }
            }
        }
    }

    [Fact]
    public async Task Assign_GivesTheMostSimilarCenters_AndWithSizesMeetsEveryMinimum()
    {
        var run = await NewRun();
        using var oracle = new OnlineConstrainedKMeans(run.Words.Clustering);
        await OpenAll(run);
        await Epoch(run, oracle, 0, npy: false);
        const int n = 200;
        var rows = UnitRows.Random(9, n, D);
        var nearest = (await run.PostAsync("/assign", Body.Of(Body.Bytes<float>(rows)))).Good();
        Assert.Equal("2,200", nearest.Header("CoKe-Shape"));
        var labels = Body.Values<int>(nearest.Bytes);
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            var centers = oracle.Heads[h].FrozenCenters();
            for (var i = 0; i < n; i++)
            {
                var best = Enumerable.Range(0, centers.Length / D).Max(k => Similarity(centers, k, rows, i));
                Assert.Equal(best, Similarity(centers, labels[(h * n) + i], rows, i), 1e-5);
            }
        }

        var npy = (await run.PostAsync("/assign", Body.Of(Body.NpyFile("<f4", [n, D], Body.Bytes<float>(rows)), Body.Npy))).Good();
        Assert.Equal(nearest.Bytes, npy.Bytes);

        var sized = (await run.PostAsync("/assign-with-sizes?head=1&maximumSizeRatio=1.5", Body.Of(Body.Bytes<float>(rows)))).Good();
        var sizes = Body.Values<int>(sized.Bytes).GroupBy(label => label).Select(group => group.Count()).ToArray();
        Assert.Equal(5, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, (int)(0.8 * n / 5), (int)(1.5 * n / 5)));
        Assert.Equal("true", sized.Header("CoKe-Optimal"));
        Assert.Equal("0", sized.Header("CoKe-Epoch"));
    }

    [Fact]
    public async Task Centers_ThatSomebodyHas_AreNotSentAgain()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        var status = await run.EpochAsync(run.Rows());
        var commit = status.GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();
        var path = $"{run.Path}/heads/0/centers?epoch=0&commit={commit}";
        var first = (await Answer.OfAsync(door.Http.GetAsync(path))).Good();
        var tag = first.Message.Headers.ETag!;
        using var known = new HttpRequestMessage(HttpMethod.Get, path);
        known.Headers.IfNoneMatch.Add(tag);
        var second = (await Answer.OfAsync(door.Http.SendAsync(known))).Good(HttpStatusCode.NotModified);
        Assert.Empty(second.Bytes);
        using var head = new HttpRequestMessage(HttpMethod.Get, path.Replace("/heads/0/", "/heads/1/", StringComparison.Ordinal));
        head.Headers.IfNoneMatch.Add(tag);
        (await Answer.OfAsync(door.Http.SendAsync(head))).Refused(404, "unknown-part", "head");
        using var never = new HttpRequestMessage(HttpMethod.Get, path.Replace("epoch=0", "epoch=7", StringComparison.Ordinal));
        never.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"7-{commit}\""));
        (await Answer.OfAsync(door.Http.SendAsync(never))).Refused(404, "epoch-not-readable", "epoch");
        using var other = new HttpRequestMessage(HttpMethod.Get, path);
        other.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"7-7\""));
        Assert.Equal(first.Bytes, (await Answer.OfAsync(door.Http.SendAsync(other))).Good().Bytes);
    }

    [Fact]
    public async Task Create_WithInitialCentersAsAForm_StartsFromThem()
    {
        var words = new RunWords("with-centers");
        var centers = UnitRows.Random(21, 4, 8);
        using var form = new MultipartFormDataContent
        {
            { Body.Json(words.ToJson()), "specification" },
            { Body.Of(Body.NpyFile("<f4", [4, 8], Body.Bytes<float>(centers)), Body.Npy), "centers", "centers.npy" },
        };
        var created = (await Answer.OfAsync(door.Http.PostAsync("/v1/runs", form))).Good();
        var path = $"/v1/runs/{created.Json.GetProperty("runId").GetString()}";
        var cluster = (await Answer.OfAsync(door.Http.GetAsync($"{path}/heads/0/clusters/2"))).Good().Json;
        Assert.Equal(centers[16..24], cluster.GetProperty("center").EnumerateArray().Select(value => value.GetSingle()));
        (await Answer.OfAsync(door.Http.PostAsync("/v1/runs", Body.Json(words.ToJson())))).Refused(409, "run-conflict");
        using var asText = new MultipartFormDataContent
        {
            { Body.Json(words.ToJson()), "specification" },
            { new StringContent("numbers"), "centers" },
        };
        (await Answer.OfAsync(door.Http.PostAsync("/v1/runs", asText))).Refused(400, "invalid-request", "centers");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/runs") { Content = Body.Json(words.ToJson()) };
        chunked.Headers.TransferEncodingChunked = true; // as some clients send JSON
        (await Answer.OfAsync(door.Http.SendAsync(chunked))).Refused(409, "run-conflict");
    }

    [Fact]
    public async Task Create_Repeated_ChangesNothing_AndTheRunIsListed()
    {
        var run = await door.NewRunAsync();
        var before = await run.StateAsync();
        var again = await HttpRun.CreateAsync(door.Http, run.Words);
        Assert.Equal((run.Id, before), (again.Id, await again.StateAsync()));
        var all = (await Answer.OfAsync(door.Http.GetAsync("/v1/runs"))).Good().Json.GetProperty("runs").EnumerateArray();
        Assert.Contains(run.Id, all.Select(one => one.GetProperty("runId").GetString()));
        var named = (await Answer.OfAsync(door.Http.GetAsync($"/v1/runs?name={run.Words.Name}"))).Good().Json;
        Assert.Equal(run.Id, Assert.Single(named.GetProperty("runs").EnumerateArray()).GetProperty("runId").GetString());
        var none = (await Answer.OfAsync(door.Http.GetAsync("/v1/runs?name=no%20such%2Frun"))).Good().Json;
        Assert.Empty(none.GetProperty("runs").EnumerateArray());
    }

    static double Similarity(float[] centers, int k, float[] rows, int i)
    {
        var sum = 0.0;
        for (var j = 0; j < D; j++)
            sum += (double)centers[(k * D) + j] * rows[(i * D) + j];
        return sum;
    }

    static int Commit(JsonElement status) => status.GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();

    Task<HttpRun> NewRun(Func<RunWords, RunWords>? change = null) =>
        door.NewRunAsync(words =>
            (change?.Invoke(words) ?? words) with
            {
                Trainers = Trainers,
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                ClusterCounts = [7, 5],
                MinimumSizeRatio = 0.8,
            }
        );

    static async Task OpenAll(HttpRun run)
    {
        for (var rank = 0; rank < Trainers; rank++)
            Assert.Equal(1, await run.OpenedAsync(rank, $"trainer-of-{rank}"));
    }

    // The same images for both: each rank sends its parts in a wild order, some of them twice.
    static async Task<JsonElement> Epoch(HttpRun run, OnlineConstrainedKMeans oracle, int epoch, bool npy)
    {
        var steps = new SeededRandom(7, epoch).Permutation(N).Chunk(B).Select(ids => ids.Chunk(B / Trainers).ToArray()).ToArray();
        foreach (var step in steps)
        {
            int[] ids = [.. step.SelectMany(part => part)];
            oracle.Step(UnitRows.Of(Images, ids, D), ids);
        }

        oracle.EndEpoch();
        await Task.WhenAll(Enumerable.Range(0, Trainers).Select(PushAsync));
        return await run.StatusAsync(status => status.GetProperty("epoch").GetInt32() > epoch);

        async Task PushAsync(int rank)
        {
            (await run.EndAsync(steps.Length, rank, epoch)).Good(HttpStatusCode.Accepted);
            var random = new SeededRandom(8, epoch, rank);
            foreach (var n in random.Permutation(steps.Length))
            {
                var ids = steps[n][rank];
                var rows = UnitRows.Of(Images, ids, D);
                var body = npy ? Body.NpyPart(ids, rows, D) : Body.Part(ids, rows);
                for (var copies = 1 + random.NextInt32(2); copies > 0; copies--)
                    (await run.PushAsync(n, body, rank, epoch, npy: npy)).Good(HttpStatusCode.Accepted);
            }
        }
    }

    async Task AssertEqual(HttpRun run, OnlineConstrainedKMeans oracle, int epoch, int commit, bool npy)
    {
        using var http = door.Visitor();
        if (npy)
            http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(Body.Npy));
        var reads = run.By(http);
        int[] ids = [.. Enumerable.Range(0, N)];
        var body = npy ? Body.Of(Body.NpyFile("<i4", [N], Body.Bytes<int>(ids)), Body.Npy) : Body.Of(Body.Ids(ids));
        var labels = (await reads.PostAsync($"/labels?epoch={epoch}&commit={commit}", body)).Good();
        Assert.Equal($"2,{N};{N}", labels.Header("CoKe-Shape"));
        Assert.Equal($"{epoch} {commit}", $"{labels.Header("CoKe-Epoch")} {labels.Header("CoKe-Commit")}");
        int[] expected = [.. oracle.Heads.SelectMany(head => head.Labels.ToArray())];
        byte[][] arrays = npy
            ? [.. Body.NpyFiles(labels.Bytes, 2 * N * sizeof(int), N).Select(file => file.Values)]
            : [labels.Bytes[..^N], labels.Bytes[^N..]];
        Assert.Equal(expected, Body.Values<int>(arrays[0]));
        Assert.Equal(new byte[N], arrays[1]);
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            var head = oracle.Heads[h];
            var K = head.Plan.ClusterCount;
            var centers = (await reads.GetAsync($"/heads/{h}/centers?epoch={epoch}&commit={commit}")).Good();
            Assert.Equal($"{K},{D}", centers.Header("CoKe-Shape"));
            var values = npy ? Assert.Single(Body.NpyFiles(centers.Bytes, K * D * sizeof(float))).Values : centers.Bytes;
            Assert.Equal(head.FrozenCenters(), Body.Values<float>(values));
            await AssertClusters(run, head, h);
        }

        var report = (await run.GetAsync($"/epochs/{epoch}")).Good().Json;
        Assert.Equal((N, commit), (report.GetProperty("rows").GetInt32(), report.GetProperty("committedIncarnation").GetInt32()));
        Assert.Equal(oracle.Heads.Count, report.GetProperty("heads").GetArrayLength());
    }

    static async Task AssertClusters(HttpRun run, OracleHead head, int h)
    {
        var K = head.Plan.ClusterCount;
        var counts = Enumerable.Range(0, K).Select(k => head.Cluster(k).LastCount).ToArray();
        var page = (await run.GetAsync($"/heads/{h}/clusters?sort=-lastCount&size=3&page=1")).Good().Json;
        Assert.Equal((K, 1, 3), (Number(page, "total"), Number(page, "page"), Number(page, "size")));
        Assert.Equal(
            counts.Select((count, k) => (count, k)).OrderByDescending(one => one.count).Skip(3).Take(3).Select(one => one.k),
            page.GetProperty("clusters").EnumerateArray().Select(one => Number(one, "cluster"))
        );
        var sorted = (await run.GetAsync($"/heads/{h}/clusters?sort=dual")).Good().Json.GetProperty("clusters").EnumerateArray();
        double[] duals = [.. sorted.Select(one => one.GetProperty("dual").GetDouble())];
        Assert.Equal(Enumerable.Range(0, K).Select(head.Dual).Order(), duals);
        Assert.Empty((await run.GetAsync($"/heads/{h}/clusters?page=99")).Good().Json.GetProperty("clusters").EnumerateArray());
        var cluster = (await run.GetAsync($"/heads/{h}/clusters/{K - 1}")).Good().Json;
        Assert.Equal(head.Dual(K - 1), cluster.GetProperty("dual").GetDouble());
        Assert.Equal(counts[^1], cluster.GetProperty("lastCount").GetInt64());
        Assert.Equal(head.Center(K - 1).ToArray(), cluster.GetProperty("center").EnumerateArray().Select(value => value.GetSingle()));
        Assert.Equal(run.Id, cluster.GetProperty("runId").GetString());
    }

    static int Number(JsonElement words, string name) => words.GetProperty(name).GetInt32();
}
