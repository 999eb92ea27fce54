using System.Globalization;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Refusals;

/// <summary>Paths that try to be something else reach no run, and slow bodies hold no room for long.</summary>
public sealed class PathTests(IdleRun idle) : IClassFixture<IdleRun>
{
    [Theory]
    [InlineData("/v1", "unknown-path")]
    [InlineData("/v2/runs", "unknown-path")]
    [InlineData("/v1/runs/..", "unknown-path")]
    [InlineData("/v1/runs/%2e%2e/%2e%2e/etc/passwd", "unknown-path")]
    [InlineData("/v1/runs//ranks/0", "unknown-path")]
    [InlineData("/v1/runs/%20", "unknown-run")]
    [InlineData("/v1/runs/%2F", "unknown-run")]
    [InlineData("/v1/runs/..%2f..%2fetc", "unknown-run")]
    [InlineData("/v1/runs/a%2Fb~00000000", "unknown-run")]
    [InlineData("/v1/runs/name/0~00000000", "unknown-path")]
    [InlineData("/v1/runs/name", "unknown-run")]
    [InlineData("/v1/runs/~00000000", "unknown-run")]
    [InlineData("/v1/runs/name~", "unknown-run")]
    [InlineData("/v1/runs/name~0000000G", "unknown-run")]
    [InlineData("/v1/runs/name~00000000%0a", "unknown-run")]
    [InlineData("/v1/runs/name~00000000%00", null)]
    [InlineData("/v1/runs/%c3%a9t%c3%a9~00000000", "unknown-run")]
    [InlineData("/v1/runs/%ff%fe~00000000", "unknown-run")]
    [InlineData("/v1/runs/%e2%80%aename~00000000", "unknown-run")]
    [InlineData("/v1/runs/{LONG}~00000000", "unknown-run")]
    [InlineData("/v1/runs/{LONG}{LONG}{LONG}{LONG}", "unknown-run")]
    [InlineData("/openapi/v2.json", null)]
    [InlineData("/openapi/..%2fv1.json", null)]
    public async Task Paths_OfNothing_AreRefusedInFull(string path, string? kind)
    {
        var (status, text) = await RawHttp.GetAsync(
            idle.Door.Door.Address,
            path.Replace("{LONG}", new string('a', 1_000), StringComparison.Ordinal)
        );
        Assert.True(status is >= 400 and < 500, text);
        if (kind is not null)
        {
            Assert.Equal(404, status);
            Assert.Contains($"\"type\":\"urn:coke:{kind}\"", text, StringComparison.Ordinal);
            Assert.Contains(Answer.ProblemType, text, StringComparison.Ordinal);
        }

        await idle.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Runs_ThatNeverWere_AreGone()
    {
        (await Answer.OfAsync(idle.Door.Http.GetAsync($"/v1/runs/{idle.Run.Words.Name}~00000000"))).Refused(410, "run-gone", "run");
        (await Answer.OfAsync(idle.Door.Http.GetAsync("/v1/runs/never~00000000/ranks/0"))).Refused(410, "run-gone", "run");
        (await Answer.OfAsync(idle.Door.Http.DeleteAsync("/v1/runs/never~00000000"))).Refused(410, "run-gone", "run");
    }

    [Fact]
    public async Task Bodies_ThatComeTooSlowly_AreGivenUp()
    {
        // The first five seconds are free; the wait is the door's own.
        var path = string.Create(CultureInfo.InvariantCulture, $"{idle.Run.Path}{HttpRun.Part(0, 1, 0, 0, 1)}");
        var (status, text) = await RawHttp.SendAsync(
            idle.Door.Door.Address,
            $"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Body.Raw}\r\nContent-Length: 80\r\n\r\nslow"
        );
        Assert.True(status == 408, text);
        Assert.Contains("urn:coke:slow-body", text, StringComparison.Ordinal);
        await idle.AssertUntouchedAsync();
    }
}
