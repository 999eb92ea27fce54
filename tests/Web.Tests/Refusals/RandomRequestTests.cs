using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CoKe.Web.Tests.Driving;
using CsCheck;

namespace CoKe.Web.Tests.Refusals;

/// <summary>Whatever is asked, the door answers soon, never fails itself, and tells what was wrong.</summary>
public sealed class RandomRequestTests(IdleRun idle) : IClassFixture<IdleRun>
{
    static readonly float[] Rows = UnitRows.Random(1, 4, 8);

    static readonly Gen<string> Number = Gen.OneOf(
        Gen.Int[-2, 3].Select(value => $"{value}"),
        Gen.Long.Select(value => $"{value}"),
        Gen.Double.Select(value => $"{value}"),
        Gen.String.Select(Uri.EscapeDataString),
        Gen.Const("")
    );

    static readonly Gen<string> Path = Gen.Select(
        Gen.OneOf(
            "",
            "/restore",
            "/ranks/{0}",
            "/ranks/{0}/progress",
            "/ranks/{0}/epochs/{1}/attempts/{2}/batches/{3}",
            "/ranks/0/epochs/1/attempts/0/batches/{3}",
            "/ranks/{0}/epochs/{1}/attempts/{2}/end",
            "/labels",
            "/soft-labels",
            "/heads/{0}/centers",
            "/heads/0/centers",
            "/epochs/{1}",
            "/heads/{0}/clusters",
            "/heads/0/clusters",
            "/heads/{0}/clusters/{1}",
            "/assign",
            "/assign-with-sizes",
            "/{0}/{1}"
        ),
        Number.Array[4],
        (path, numbers) => string.Format(System.Globalization.CultureInfo.InvariantCulture, path, [.. numbers])
    );

    // No 'after': a question with a future stamp waits about a second, as it should.
    static readonly Gen<string> Query = Gen.Select(
            Gen.OneOf("generation", "epoch", "commit", "attempt", "count", "head", "page", "size", "sort", "maximumSizeRatio", "x"),
            Number,
            (name, value) => $"{name}={value}"
        )
        .Array[0, 4]
        .Select(parts => string.Join('&', parts));

    static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Gen.Int[-1, 70].Array[1, 4].Select(ids => Body.Part(ids, Rows.AsSpan(0, 8 * ids.Length))),
        Gen.Int[0, 70].Array[1, 20].Select(ids => Body.Ids(ids)),
        Gen.Int[1, 4].Select(n => Body.Bytes<float>(Rows.AsSpan(0, 8 * n))),
        Gen.Select(Gen.OneOf("<i8", "<i4", "<f4", "<f8", ">f4", "|O"), Gen.Long.Array[0, 3], Gen.Byte.Array[0, 100], Gen.Bool, File),
        Gen.Select(Gen.OneOf("<i8", "<f4"), Gen.Long[0, 9].Array[1, 2], Gen.Byte.Array[0, 100], Gen.Bool, File),
        Gen.OneOf("{}", "null", "{\"trainer\":\"trainer-x\",\"after\":0}", "[[[[", "{\"name\":\"a\"}").Select(Encoding.UTF8.GetBytes)
    );

    static readonly Gen<string> ContentType = Gen.OneOf(
        Body.Raw,
        Body.Npy,
        "application/json",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/plain",
        ""
    );

    static readonly Gen<(string Name, string Value)> Header = Gen.Select(
        Gen.OneOf("Accept", "If-None-Match", "Range", "Expect", "Accept-Encoding", "X-Forwarded-For", "Cookie", "If-Match"),
        Gen.OneOf(
            Gen.OneOf("*", "*/*", "application/x-npy", "\"0-1\"", "W/\"0-1\"", "bytes=0-1", "a=b", ";;;", "application/x-npy;q=0"),
            Gen.String[Gen.Char[' ', '~'], 0, 30]
        ),
        (name, value) => (name, value)
    );

    [Fact]
    public async Task Requests_OfAnyKind_NeverFailTheDoorOrHang()
    {
        var run = idle.Run;
        // Not DELETE and restore, which do what they say.
        var requests = Gen.Select(Gen.OneOf("GET", "GET", "POST", "PUT", "PATCH", "HEAD"), Path, Query, Bytes, ContentType, Header);
        await requests.SampleAsync(
            async (method, path, query, bytes, type, header) =>
            {
                if (path == "/restore" && query.Contains("attempt", StringComparison.Ordinal))
                    return;
                using var request = new HttpRequestMessage(
                    new HttpMethod(method),
                    new Uri(idle.Door.Door.Address, $"{run.Path}{path}?{query}")
                );
                if (method is not ("GET" or "HEAD"))
                    request.Content = Content(bytes, type);
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
                AssertAnswered(await Answer.OfAsync(idle.Door.Http.SendAsync(request)), method);
            },
            iter: 1_500,
            threads: 2
        );
        (await run.GetAsync()).Good();
    }

    [Fact]
    public async Task Creations_OfAnyBody_NeverFailTheDoorOrHang() =>
        await Gen.Select(Bytes, ContentType)
            .SampleAsync(
                async (bytes, type) =>
                    AssertAnswered(await Answer.OfAsync(idle.Door.Http.PostAsync("/v1/runs", Content(bytes, type))), "POST"),
                iter: 300,
                threads: 2
            );

    [Fact]
    public async Task Connections_OfAnyBytes_NeverEndTheDoor()
    {
        await Gen.Select(
                Gen.OneOf("GET /v1/runs HTTP/1.1\r\n", "PUT /v1/runs/", "", "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\n"),
                Gen.String
            )
            .SampleAsync(
                async (start, rest) =>
                {
                    var (status, text) = await RawHttp.SendAsync(idle.Door.Door.Address, $"{start}{rest}\r\n\r\n", hangUp: true);
                    Assert.True(status is 0 or 505 or (>= 200 and < 500), text);
                },
                iter: 100,
                threads: 2
            );
        (await idle.Run.GetAsync()).Good();
    }

    static void AssertAnswered(Answer answer, string method)
    {
        Assert.True(answer.Status != HttpStatusCode.InternalServerError, Encoding.UTF8.GetString(answer.Bytes));
        if ((int)answer.Status >= 400 && method != "HEAD")
            answer.AssertProblem();
    }

    static ByteArrayContent Content(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = type.Length == 0 ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }

    static byte[] File(string type, long[] shape, byte[] values, bool isFortran) => Body.NpyFile(type, shape, values, isFortran);
}
