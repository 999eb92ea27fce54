using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Refusals;

/// <summary>Requests that make no sense are refused with what is wrong, and change nothing.</summary>
public sealed class BadRequestTests(IdleRun idle) : IClassFixture<IdleRun>
{
    const string Part = "/ranks/0/epochs/1/attempts/0/batches/0?generation=1";

    static readonly byte[] Good = Body.Part([1, 2], UnitRows.Random(1, 2, 8));

    [Theory]
    [InlineData("GET", "/ranks/0/progress", "invalid-request", "generation")]
    [InlineData("GET", "/ranks/0/progress?generation=", "invalid-request", "generation")]
    [InlineData("GET", "/ranks/0/progress?generation=one", "invalid-request", "generation")]
    [InlineData("GET", "/ranks/0/progress?generation=1.5", "invalid-request", "generation")]
    [InlineData("GET", "/ranks/0/progress?generation=99999999999", "invalid-request", "generation")]
    [InlineData("GET", "/ranks/0/progress?generation=1&after=soon", "invalid-request", "after")]
    [InlineData("GET", "/ranks/zero", "invalid-request", "rank")]
    [InlineData("GET", "?after=now", "invalid-request", "after")]
    [InlineData("GET", "/epochs/first", "invalid-request", "epoch")]
    [InlineData("GET", "/heads/0/centers?epoch=x", "invalid-request", "epoch")]
    [InlineData("GET", "/heads/0/clusters?page=-1", "invalid-request", "page")]
    [InlineData("GET", "/heads/0/clusters?size=0", "invalid-request", "size")]
    [InlineData("GET", "/heads/0/clusters?size=10001", "invalid-request", "size")]
    [InlineData("GET", "/heads/0/clusters?sort=name", "invalid-request", "sort")]
    [InlineData("GET", "/heads/0/clusters?sort=--count", "invalid-request", "sort")]
    [InlineData("GET", "/heads/0/clusters?sort=", "invalid-request", "sort")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/batches/0", "invalid-request", "generation")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/batches/0?generation=0", "invalid-request", "generation")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/batches/0?generation=-1", "invalid-request", "generation")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/batches/-1?generation=1", "invalid-request", "n")]
    [InlineData("PUT", "/ranks/0/epochs/-1/attempts/0/batches/0?generation=1", "invalid-request", "epoch")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/-1/batches/0?generation=1", "invalid-request", "attempt")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/batches/x?generation=1", "invalid-request", "n")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/end?generation=1", "invalid-request", "count")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/end?generation=1&count=-1", "invalid-request", "count")]
    [InlineData("PUT", "/ranks/0/epochs/1/attempts/0/end?count=1", "invalid-request", "generation")]
    [InlineData("POST", "/restore", "invalid-request", "attempt")]
    [InlineData("POST", "/restore?attempt=last", "invalid-request", "attempt")]
    [InlineData("POST", "/assign-with-sizes?maximumSizeRatio=much", "invalid-request", "maximumSizeRatio")]
    public async Task Values_ThatAreNone_AreRefusedByName(string method, string rest, string kind, string field)
    {
        (await Ask(method, rest)).Refused(400, kind, field);
        await idle.AssertUntouchedAsync();
    }

    [Theory]
    [InlineData("GET", "/ranks/1", "rank")]
    [InlineData("GET", "/ranks/-1", "rank")]
    [InlineData("GET", "/ranks/1/progress?generation=1", "rank")]
    [InlineData("PUT", "/ranks/1/epochs/1/attempts/0/batches/0?generation=1", "rank")]
    [InlineData("PUT", "/ranks/-1/epochs/1/attempts/0/end?generation=1&count=0", "rank")]
    [InlineData("GET", "/heads/1/centers", "head")]
    [InlineData("GET", "/heads/-1/centers?epoch=0&commit=1", "head")]
    [InlineData("GET", "/heads/9/clusters", "head")]
    [InlineData("GET", "/heads/9/clusters/0", "head")]
    [InlineData("GET", "/heads/0/clusters/4", "cluster")]
    [InlineData("GET", "/heads/0/clusters/-1", "cluster")]
    [InlineData("POST", "/assign-with-sizes?head=2", "head")]
    public async Task Parts_ThatARunDoesNotHave_AreUnknown(string method, string rest, string field)
    {
        (await Ask(method, rest)).Refused(404, "unknown-part", field);
        await idle.AssertUntouchedAsync();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("{}")]
    [InlineData("\"trainer\"")]
    [InlineData("{\"trainer\":\"trainer-two\"}")]
    [InlineData("{\"trainer\":null,\"after\":1}")]
    [InlineData("{\"trainer\":\"trainer-two\",\"after\":null}")]
    [InlineData("{\"trainer\":\"trainer-two\",\"after\":\"1\"x}")]
    [InlineData("{\"trainer\":\"trainer-two\",\"after\":1.5}")]
    [InlineData("{\"trainer\":\"trainer-two\",\"after\":1,\"more\":2}")]
    [InlineData("{\"trainer\":[],\"after\":1}")]
    [InlineData("{\"trainer\":\"\\ud800 trainer\",\"after\":1}")]
    public async Task Openings_OfWordsThatMakeNoSense_AreRefused(string json)
    {
        var answer = await idle.Run.PostAsync("/ranks/0", new StringContent(json, Encoding.UTF8, "application/json"));
        answer.Refused(400, "invalid-request");
        await idle.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Openings_ForAnotherNumberOfTrainers_AreRefused()
    {
        const string json = "{\"trainer\":\"trainer-two\",\"after\":1,\"world\":2}";
        var answer = await idle.Run.PostAsync("/ranks/0", new StringContent(json, Encoding.UTF8, "application/json"));
        answer.Refused(400, "invalid-options", "world");
        await idle.AssertUntouchedAsync();
    }

    [Theory]
    [InlineData("name", "\"a/b\"", "invalid-options")]
    [InlineData("name", "\"\"", "invalid-options")]
    [InlineData("name", "null", "invalid-request")]
    [InlineData("name", "\"\\u00e9t\\u00e9\"", "invalid-options")]
    [InlineData("trainers", "0", "invalid-options")]
    [InlineData("trainers", "-1", "invalid-options")]
    [InlineData("trainers", "99999999999", "invalid-request")]
    [InlineData("clustering", "null", "invalid-request")]
    [InlineData("clustering", "[]", "invalid-request")]
    [InlineData("clustering", "{}", "invalid-request")]
    [InlineData("clustering.imageCount", "0", "invalid-options")]
    [InlineData("clustering.imageCount", "\"many\"", "invalid-request")]
    [InlineData("clustering.dimension", "-8", "invalid-options")]
    [InlineData("clustering.batchSize", "1e9", "invalid-request")]
    [InlineData("clustering.labelSharpening", "\"NaN\"", "invalid-request")]
    [InlineData("clustering.softLabelSlots", "0", "invalid-options")]
    [InlineData("clustering.heads", "[]", "invalid-options")]
    [InlineData("clustering.heads", "null", "invalid-request")]
    [InlineData("clustering.heads", "[null]", "invalid-options")]
    [InlineData("clustering.heads", "[{\"clusterCount\":65}]", "invalid-options")]
    [InlineData("clustering.heads", "[{\"clusterCount\":4,\"centerRule\":\"unheard\"}]", "invalid-request")]
    [InlineData("clustering.heads", "[{\"clusterCount\":4,\"minimumSizes\":[1]}]", "invalid-options")]
    [InlineData("clustering.color", "3", "invalid-request")]
    [InlineData("color", "3", "invalid-request")]
    public async Task Specifications_ThatMakeNoSense_AreRefused_AndNothingIsCreated(string field, string json, string kind)
    {
        var runs = await CountAsync();
        var words = new RunWords("never-created").ToJson();
        var into = field.StartsWith("clustering.", StringComparison.Ordinal) ? words["clustering"]!.AsObject() : words;
        into[field.Split('.')[^1]] = JsonNode.Parse(json);
        (await Create(Body.Json(words))).Refused(400, kind);
        Assert.Equal(runs, await CountAsync());
    }

    [Fact]
    public async Task Forms_ThatMakeNoSense_AreRefused_AndNothingIsCreated()
    {
        var runs = await CountAsync();
        var words = Body.Json(new RunWords("never-created").ToJson());
        var centers = Body.Bytes<float>(UnitRows.Random(2, 4, 8));
        (await Create(new StringContent("--x", Encoding.UTF8, "multipart/form-data"))).Refused(400, "invalid-request", "body");
        using var empty = new MultipartFormDataContent { { new StringContent("1"), "other" } };
        (await Create(empty)).Refused(400, "invalid-request", "other");
        using var alone = new MultipartFormDataContent { { Body.Of(centers), "centers", "a" } };
        (await Create(alone)).Refused(400, "invalid-request", "specification");
        using var many = new MultipartFormDataContent
        {
            { words, "specification" },
            { Body.Of(centers), "centers", "a" },
            { Body.Of(centers), "centers", "b" },
        };
        (await Create(many)).Refused(400, "invalid-options", "initialCenters");
        using var odd = new MultipartFormDataContent { { words, "specification" }, { Body.Of(centers[..^1]), "centers", "a" } };
        (await Create(odd)).Refused(400, "invalid-options", "centers[0]");
        using var few = new MultipartFormDataContent { { words, "specification" }, { Body.Of(centers[..^4]), "centers", "a" } };
        (await Create(few)).Refused(400, "invalid-options", "initialCenters[0]");
        using var zero = new MultipartFormDataContent { { words, "specification" }, { Body.Of(new byte[128]), "centers", "a" } };
        (await Create(zero)).Refused(400, "invalid-embeddings");
        (await Create(new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded"))).Refused(415, "unsupported-content");
        Assert.Equal(runs, await CountAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("multipart/form-data")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Parts_OfAnotherContentType_AreRefused(string? type)
    {
        var body = new ByteArrayContent(Good);
        if (type is not null)
            body.Headers.ContentType = new(type);
        (await idle.Run.PutAsync(Part, body)).Refused(415, "unsupported-content", "Content-Type");
        (await idle.Run.PostAsync("/ranks/0", new StringContent("{}", Encoding.UTF8, "text/plain"))).Refused(415, "unsupported-content");
        await idle.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Bodies_TooLargeOrWithoutALength_AreRefused()
    {
        var run = idle.Run;
        (await run.PushAsync(0, new byte[40 * (512 << 10)], epoch: 1)).Refused(413, "oversize");
        (await run.PostAsync("/ranks/0", Body.Of(new byte[(1 << 20) + 1], "application/json"))).Refused(413, "oversize");
        using var chunked = new HttpRequestMessage(HttpMethod.Put, $"{run.Path}{Part}") { Content = Body.Of(Good) };
        chunked.Headers.TransferEncodingChunked = true;
        (await Answer.OfAsync(idle.Door.Http.SendAsync(chunked))).Refused(411, "length-required", "Content-Length");
        var head = $"PUT {run.Path}{Part} HTTP/1.1\r\nHost: {idle.Door.Door.Address.Authority}\r\nContent-Type: {Body.Raw}\r\n";
        var huge = await RawHttp.SendAsync(idle.Door.Door.Address, $"{head}Content-Length: 99999999999\r\nConnection: close\r\n\r\n");
        Assert.True(huge.Status == 413 && huge.Text.Contains("urn:coke:oversize", StringComparison.Ordinal), huge.Text);
        var cut = await RawHttp.SendAsync(
            idle.Door.Door.Address,
            $"{head}Content-Length: 80\r\nConnection: close\r\n\r\nshort",
            hangUp: true
        );
        Assert.True(cut.Status is 400 or 0, cut.Text); // half a connection: an answer may not come through
        await idle.AssertUntouchedAsync();
    }

    [Theory]
    [InlineData("DELETE", "/v1/runs")]
    [InlineData("PUT", "/v1/runs")]
    [InlineData("PATCH", "{run}")]
    [InlineData("POST", "{run}")]
    [InlineData("GET", "{run}/restore")]
    [InlineData("DELETE", "{run}/ranks/0")]
    [InlineData("POST", "{run}/ranks/0/epochs/1/attempts/0/batches/0?generation=1")]
    [InlineData("GET", "{run}/labels")]
    [InlineData("OPTIONS", "{run}/labels")]
    [InlineData("POST", "/openapi/v1.json")]
    public async Task Methods_ThatAPathDoesNotTake_AreRefused(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{run}", idle.Run.Path));
        var answer = (await Answer.OfAsync(idle.Door.Http.SendAsync(request))).Refused(405, "method-not-allowed", "method");
        Assert.NotEqual("", answer.Header("Allow"));
        await idle.AssertUntouchedAsync();
    }

    Task<Answer> Ask(string method, string rest)
    {
        var body = rest.Contains("/assign", StringComparison.Ordinal)
            ? Body.Of(Body.Bytes<float>(UnitRows.Random(1, 8, 8)))
            : Body.Of(Good);
        var request = new HttpRequestMessage(new HttpMethod(method), $"{idle.Run.Path}{rest}") { Content = method == "GET" ? null : body };
        return Answer.OfAsync(idle.Door.Http.SendAsync(request));
    }

    Task<Answer> Create(HttpContent body) => Answer.OfAsync(idle.Door.Http.PostAsync("/v1/runs", body));

    async Task<int> CountAsync() =>
        (await Answer.OfAsync(idle.Door.Http.GetAsync("/v1/runs"))).Good(HttpStatusCode.OK).Json.GetProperty("runs").GetArrayLength();
}
