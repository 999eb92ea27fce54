using System.Net;
using System.Net.Http.Headers;
using CoKe.Access;
using CoKe.Web.Hosting;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Visitors;

/// <summary>Who may ask, where there are tokens.</summary>
public sealed class TokenTests(OneDoor open) : IClassFixture<OneDoor>, IAsyncLifetime
{
    const string Administer = "token-that-may-do-everything",
        Feed = "token-that-may-only-feed-and-read";

    DoorHost _door = null!;

    public async Task InitializeAsync() =>
        _door = await DoorHost.StartAsync(
            open.Silo.Client,
            new IPEndPoint(IPAddress.Loopback, 0),
            new DoorOptions
            {
                IsOnLoopback = false,
                Token = new AccessToken(Administer),
                FeedToken = new AccessToken(Feed),
            }
        );

    public async Task DisposeAsync() => await _door.DisposeAsync();

    [Fact]
    public async Task Requests_WithoutAToken_AreAskedForOne_WhateverThePath()
    {
        using var http = OneDoor.Visitor(_door);
        foreach (var path in new[] { "/v1/runs", "/openapi/v1.json", "/v1/runs/nothing", "/v1/events", "/nowhere" })
        {
            var answer = (await Answer.OfAsync(http.GetAsync(path))).Refused(401, "token-missing", "Authorization");
            Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
        }
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer")]
    [InlineData("Basic {token}")]
    [InlineData("{token}")]
    [InlineData("Bearer {token}x")]
    [InlineData("Bearer {token} {token}")]
    [InlineData("Bearer {TOKEN}")]
    public async Task Requests_WithAWrongToken_AreRefused_AndItIsNotRepeated(string header)
    {
        using var http = OneDoor.Visitor(_door);
        var given = header.Replace("{token}", Administer, StringComparison.Ordinal).Replace("{TOKEN}", Administer.ToUpperInvariant());
        Assert.True(http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", given));
        var answer = (await Answer.OfAsync(http.GetAsync("/v1/runs"))).Refused(401, "token-wrong", "Authorization");
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
        Assert.DoesNotContain(Administer, System.Text.Encoding.UTF8.GetString(answer.Bytes), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task FeedingToken_DoesEverythingButDeleteAndRestore()
    {
        using var http = With(Feed);
        var run = (await open.NewRunAsync()).By(http);
        Assert.Equal(run.Id, (await HttpRun.CreateAsync(http, run.Words)).Id);
        await run.OpenedAsync();
        await run.EpochAsync(run.Rows());
        (await run.PollAsync()).Good();
        (await run.PostAsync("/labels", Body.Of(Body.Ids(0)))).Good();
        (await run.PostAsync("/assign", Body.Of(Body.Bytes<float>(UnitRows.Random(1, 1, 8))))).Good();
        (await run.GetAsync("/heads/0/centers")).Good();
        (await run.GetAsync("/heads/0/clusters/0")).Good();
        (await Answer.OfAsync(http.GetAsync("/v1/runs"))).Good();
        (await Answer.OfAsync(http.GetAsync("/openapi/v1.json"))).Good();

        var before = await run.StateAsync();
        (await run.DeleteAsync()).Refused(403, "right-refused", "right");
        (await run.RestoreAsync(0)).Refused(403, "right-refused", "right");
        Assert.Equal(before, await run.StateAsync());

        using var administrator = With(Administer);
        var administered = run.By(administrator);
        Assert.Equal(1, (await administered.RestoreAsync(0)).Good().Json.GetProperty("attempt").GetInt32());
        (await administered.DeleteAsync()).Good(HttpStatusCode.NoContent);
        (await run.DeleteAsync()).Refused(403, "right-refused"); // not even whether it is there
    }

    [Fact]
    public async Task Token_OpensAnyHost_ButNoOtherOrigin()
    {
        using var http = With(Administer);
        http.DefaultRequestHeaders.Host = "silo.example";
        (await Answer.OfAsync(http.GetAsync("/v1/runs"))).Good();
        http.DefaultRequestHeaders.Add("Origin", "http://evil.example");
        (await Answer.OfAsync(http.GetAsync("/v1/runs"))).Refused(403, "wrong-origin");
    }

    HttpClient With(string token)
    {
        var http = OneDoor.Visitor(_door);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
