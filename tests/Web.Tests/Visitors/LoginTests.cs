using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CoKe.Access;
using CoKe.Web.Guards;
using CoKe.Web.Hosting;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Visitors;

/// <summary>A browser that was logged in, and others that say they were.</summary>
public sealed class LoginTests(OneDoor open) : IClassFixture<OneDoor>, IAsyncLifetime
{
    const string Administer = "token-that-may-do-everything",
        Feed = "token-that-may-only-feed-and-read";

    static readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    DoorHost _door = null!;
    HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _door = await DoorHost.StartAsync(
            open.Silo.Client,
            new IPEndPoint(IPAddress.Loopback, 0),
            new DoorOptions { Token = new AccessToken(Administer), FeedToken = new AccessToken(Feed) }
        );
        _http = OneDoor.Visitor(_door);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _door.DisposeAsync();
    }

    [Theory]
    [InlineData(Administer)]
    [InlineData(Feed)]
    public async Task WhoShowsAToken_MayLook_AndDoNothingElse(string token)
    {
        var cookie = await LogInAsync(token);
        Assert.DoesNotContain(token, cookie, StringComparison.Ordinal);
        foreach (var part in new[] { "httponly", "samesite=strict", "path=/" })
            Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase);
        (await AskAsync(HttpMethod.Get, "/v1/runs", cookie)).Good();
        (await AskAsync(HttpMethod.Post, "/v1/runs", cookie, new StringContent("{}"))).Refused(401, "token-missing", "Authorization");
        (await AskAsync(HttpMethod.Delete, "/v1/runs/a~00000000", cookie)).Refused(401, "token-missing", "Authorization");
        (await AskAsync(HttpMethod.Post, "/v1/runs/a~00000000/restore?attempt=0", cookie)).Refused(401, "token-missing", "Authorization");
    }

    [Theory]
    [InlineData("token-of-another-cluster")]
    [InlineData("")]
    public async Task AWrongToken_IsRefused_AndLeavesNoCookie(string token)
    {
        var answer = (await PostAsync(new JsonObject { ["token"] = token })).Refused(401, "token-wrong", "token");
        Assert.Null(answer.Header("Set-Cookie"));
        if (token.Length > 0)
            Assert.DoesNotContain(token, Encoding.UTF8.GetString(answer.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNoLogin_IsRefused_AndNotRepeated()
    {
        (await PostAsync(new JsonObject { ["password"] = Administer })).Refused(400, "invalid-request", "token");
        var answer = (await Answer.OfAsync(_http.PostAsync("/login", new StringContent(Administer)))).Refused(
            400,
            "invalid-request",
            "token"
        );
        Assert.DoesNotContain(Administer, Encoding.UTF8.GetString(answer.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherSite_CannotLogIn()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = Body.Json(new JsonObject { ["token"] = Feed }) };
        ask.Headers.Add("Origin", "http://elsewhere.example");
        (await Answer.OfAsync(_http.SendAsync(ask))).Refused(403, "wrong-origin", "Origin");
    }

    [Fact]
    public async Task ChangedCookies_AreNone()
    {
        var cookie = (await LogInAsync(Feed)).Split(';')[0];
        var (text, seal) = (cookie.Split('.')[0], cookie.Split('.')[1]);
        foreach (var changed in new[] { $"{text}9.{seal}", $"{text}.{seal[1..]}", $"{text}.{new string('0', 64)}", $"{text}.", text })
            (await AskAsync(HttpMethod.Get, "/v1/runs", changed)).Refused(401, "token-missing", "Authorization");
    }

    [Fact]
    public void ACookie_IsGoodForItsTime_AndForItsCluster()
    {
        var (token, other) = (new AccessToken(Feed), new AccessToken(Administer));
        var cookie = Login.Issue(token, _now + Login.ValidFor);
        Assert.True(Login.IsGood(cookie, token, _now));
        Assert.True(Login.IsGood(cookie, new AccessToken(Feed), _now)); // of another silo of the cluster
        Assert.False(Login.IsGood(cookie, token, _now + Login.ValidFor));
        Assert.False(Login.IsGood(cookie, other, _now));
        Assert.False(Login.IsGood(cookie, null, _now));
        Assert.False(Login.IsGood(null, token, _now));
    }

    [Fact]
    public async Task WhoLogsOut_IsOut()
    {
        var cookie = (await Answer.OfAsync(_http.PostAsync("/logout", null))).Good(HttpStatusCode.NoContent).Header("Set-Cookie")!;
        Assert.Contains($"{Login.Cookie}=;", cookie, StringComparison.Ordinal);
        Assert.Contains("expires=Thu, 01 Jan 1970", cookie, StringComparison.OrdinalIgnoreCase);
    }

    async Task<string> LogInAsync(string token) =>
        (await PostAsync(new JsonObject { ["token"] = token })).Good(HttpStatusCode.NoContent).Header("Set-Cookie")!;

    Task<Answer> PostAsync(JsonObject words) => Answer.OfAsync(_http.PostAsync("/login", Body.Json(words)));

    Task<Answer> AskAsync(HttpMethod method, string path, string cookie, HttpContent? body = null)
    {
        var ask = new HttpRequestMessage(method, path) { Content = body };
        ask.Headers.Add("Cookie", cookie.Split(';')[0]);
        return Answer.OfAsync(_http.SendAsync(ask));
    }
}
