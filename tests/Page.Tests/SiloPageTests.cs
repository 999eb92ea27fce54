using System.Text.Json;
using CoKe.Access;
using CoKe.Client;
using CoKe.Page.Tests.Driving;
using Microsoft.Playwright;

namespace CoKe.Page.Tests;

/// <summary>The page of a silo as people start it: with a token, and through the death of the silo.</summary>
public sealed class SiloPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task WhoHasTheToken_LogsIn_AndTheBrowserKeepsNothingThatAScriptCanRead()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("token");
        await using var silo = new SiloProcess(null, "--token-file", file);
        Assert.True(await silo.StartAsync(), silo.Output);
        var token = (await File.ReadAllTextAsync(file)).Trim(); // drawn by the silo
        await using var visit = await chromium.VisitAsync(new Uri($"http://{silo.Http}"));
        await visit.GoAsync();
        await visit.Page.GetByLabel("Token").FillAsync("token-of-another-cluster");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await visit.SeeAsync("The token is not one of this cluster");
        await visit.Page.GetByLabel("Token").FillAsync(token);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await visit.SeeAsync("There is no run yet.");
        var cookie = Assert.Single(await visit.Page.Context.CookiesAsync());
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.DoesNotContain(token, cookie.Value, StringComparison.Ordinal);
        Assert.Equal("", await visit.Page.EvaluateAsync<string>("document.cookie"));
        // To look is all that it lets a page do.
        var deletion = await visit.Page.EvaluateAsync<int>(
            "fetch('/v1/runs/a~00000000', { method: 'DELETE' }).then(answer => answer.status)"
        );
        Assert.Equal(401, deletion);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await visit.Page.GetByLabel("Token").WaitForAsync();
    }

    [Fact]
    public async Task ThePage_ComesBack_WhenTheSiloDoes()
    {
        using var folder = new TemporaryFolder();
        await using var silo = new SiloProcess(folder.Path);
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var visit = await chromium.VisitAsync(new Uri($"http://{silo.Http}"));
        await using (var coke = await CokeClient.ConnectAsync([new GatewayAddress("127.0.0.1", silo.Gateway.Port)]))
        await using (var run = await FedRun.BeginAsync(coke, "phoenix", 6))
        {
            await run.EpochAsync();
            await visit.GoAsync($"/#/runs/{run.Id}");
            await visit.SeeAsync("epoch 1, 0 of 600 images");
        }

        await silo.KillAsync();
        await visit.SeeAsync("No answer from the silo");
        Assert.True(await silo.StartAsync(), silo.Output);
        await visit.UntilAsync("document.getElementById('link').textContent === ''");
        await visit.SeeAsync("epoch 1, 0 of 600 images");
    }

    /// <summary>A view of the largest runs is a light one: what is drawn comes thinned out and packed.</summary>
    [Fact]
    public async Task TheFirstView_OfManyClusters_IsLight()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var coke = await CokeClient.ConnectAsync([new GatewayAddress("127.0.0.1", silo.Gateway.Port)]);
        await using var run = await FedRun.BeginAsync(coke, "large", 500, 500);
        await run.EpochAsync();
        await using var visit = await chromium.VisitAsync(new Uri($"http://{silo.Http}"));
        await visit.GoAsync($"/#/runs/{run.Id}/heads/0/sizes");
        // The first bar may be of an empty cluster, which nobody sees.
        await visit.Page.Locator("svg.bars rect").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        var taken = await visit.Page.EvaluateAsync<JsonElement>(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map(one => one.transferSize)"
        );
        Assert.InRange(taken.EnumerateArray().Sum(size => size.GetInt32()), 10_000, 200_000);
    }
}
