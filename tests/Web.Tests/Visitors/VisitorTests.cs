using System.Net;
using CoKe.Access;
using CoKe.Errors;
using CoKe.Web.Hosting;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Visitors;

/// <summary>Who may ask, where no token is: no page of the web.</summary>
public sealed class VisitorTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9:80")]
    [InlineData("[::1]:8080")]
    public async Task Hosts_OfLoopback_AreAnswered(string host) => (await Ask(host, null)).Good();

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("evil-localhost")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[fe80::1]")]
    [InlineData("coke:8080")]
    public async Task Hosts_ThatRebind_AreRefused(string host) => (await Ask(host, null)).Refused(403, "wrong-host", "Host");

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("https://localhost")]
    [InlineData("http://localhost")]
    [InlineData("http://localhost:1")]
    [InlineData("null")]
    [InlineData("file://")]
    public async Task Origins_OfOthers_AreRefused(string origin) =>
        (await Ask("localhost:8080", origin)).Refused(403, "wrong-origin", "Origin");

    [Fact]
    public async Task Origins_OfThisSilo_AreAnswered()
    {
        (await Ask("localhost:8080", "http://localhost:8080")).Good();
        (await Ask("127.0.0.1:8080", "HTTP://127.0.0.1:8080")).Good();
    }

    [Fact]
    public async Task Origins_OfWhichThereAreTwo_AreRefused()
    {
        var own = door.Door.Address.GetLeftPart(UriPartial.Authority);
        var (status, text) = await RawHttp.GetAsync(door.Door.Address, "/v1/runs", $"Origin: http://evil.example\r\nOrigin: {own}\r\n");
        Assert.True(status is 400 or 403, text);
    }

    [Fact]
    public async Task Answers_HaveNoCorsHeaders_NotEvenToPreflights()
    {
        var run = await door.NewRunAsync();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, $"{run.Path}/labels");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Origin", door.Door.Address.GetLeftPart(UriPartial.Authority));
        Answer[] answers =
        [
            await Answer.OfAsync(door.Http.SendAsync(preflight)),
            await Ask("localhost:8080", "http://localhost:8080"),
            await Ask("localhost", "http://evil.example"),
            await run.GetAsync(),
        ];
        Assert.All(answers, answer => Assert.DoesNotContain("Access-Control", $"{answer.Message}", StringComparison.OrdinalIgnoreCase));
        Assert.NotEqual(HttpStatusCode.OK, answers[0].Status);
    }

    [Fact]
    public async Task Host_IsLookedAtForEveryPath()
    {
        foreach (var path in new[] { "/", "/openapi/v1.json", "/v1/runs/nothing", "/nowhere" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = "evil.example";
            (await Answer.OfAsync(door.Http.SendAsync(request))).Refused(403, "wrong-host");
        }
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Door_OnAnOpenAddressWithoutAToken_DoesNotStart(string address)
    {
        var place = new IPEndPoint(IPAddress.Parse(address), 0);
        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            DoorHost.StartAsync(door.Silo.Client, place, new DoorOptions())
        );
        Assert.Equal("token", refused.Field);
        var feed = new DoorOptions { IsOnLoopback = false, FeedToken = AccessToken.Random(out _) };
        await Assert.ThrowsAsync<InvalidOptionsException>(() => DoorHost.StartAsync(door.Silo.Client, place, feed));
    }

    Task<Answer> Ask(string host, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/runs");
        request.Headers.Host = host;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return Answer.OfAsync(door.Http.SendAsync(request));
    }
}
