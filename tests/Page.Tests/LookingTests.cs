using System.Net;
using CoKe.Client;
using CoKe.Grains.Hosting;
using CoKe.Page.Tests.Driving;
using CoKe.Web;
using CoKe.Web.Hosting;
using Microsoft.Playwright;

namespace CoKe.Page.Tests;

/// <summary>What somebody sees who looks at runs while they are fed, on a silo in this process.</summary>
public sealed class LookingTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    EmbeddedSilo _silo = null!;
    DoorHost _door = null!;
    CokeClient _coke = null!;
    Visit _visit = null!;

    public async Task InitializeAsync()
    {
        _silo = await EmbeddedSilo.StartAsync();
        _door = await DoorHost.StartAsync(_silo.Client, new IPEndPoint(IPAddress.Loopback, 0), new DoorOptions());
        _coke = new CokeClient(_silo.Client);
        _visit = await chromium.VisitAsync(_door.Address);
    }

    public async Task DisposeAsync()
    {
        await _visit.DisposeAsync();
        await _door.DisposeAsync();
        await _silo.DisposeAsync();
    }

    IPage Page => _visit.Page;

    [Fact]
    public async Task ARun_IsListed_AndMovesWhileItIsFed()
    {
        await _visit.GoAsync();
        await _visit.SeeAsync("There is no run yet.");
        await using var run = await FedRun.BeginAsync(_coke, "birds", 6);
        await Page.GetByRole(AriaRole.Link, new() { Name = "birds" }).ClickAsync();
        await run.PushAsync();
        await SeeTileAsync("Images in all", "60");
        await run.PushAsync();
        await SeeTileAsync("Images in all", "120");
        await run.EpochAsync();
        await SeeTileAsync("Open epoch", "1");
        await run.EpochAsync();
        await _visit.UntilAsync("document.querySelectorAll('.uplot').length >= 5"); // one of every curve that has numbers
        Assert.Empty(_visit.Errors);
    }

    [Fact]
    public async Task Sizes_MoveWithEveryMiniBatch_AndShowTheMinimum()
    {
        await using var run = await FedRun.BeginAsync(_coke, "sizes", 6);
        await run.EpochAsync();
        await run.PushAsync();
        await _visit.GoAsync($"/#/runs/{run.Id}/heads/0/sizes");
        await _visit.UntilAsync($"{SumOfBars("Sizes so far")} === 60");
        await run.PushAsync();
        await _visit.UntilAsync($"{SumOfBars("Sizes so far")} === 120");
        Assert.Equal(600, await Page.EvaluateAsync<int>(SumOfBars("Sizes in the last epoch")));
        Assert.Equal(2, await Page.Locator("svg.bars path[stroke-dasharray]").CountAsync());
        Assert.Empty(_visit.Errors);
    }

    [Fact]
    public async Task Clusters_AreSortedAndFiltered_AndOneIsOpened()
    {
        await using var run = await FedRun.BeginAsync(_coke, "table", 60);
        await run.EpochAsync();
        await _visit.GoAsync($"/#/runs/{run.Id}/heads/0/clusters");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Members before" }).ClickAsync();
        await Page.Locator("th[aria-sort=descending]", new() { HasText = "Members before" }).WaitForAsync();
        await _visit.SeeAsync("1 to 50 of 60");
        var shown = await NumbersAsync("tbody tr td:nth-child(3)");
        Assert.Equal(shown.OrderDescending(), shown);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await _visit.SeeAsync("51 to 60 of 60");
        await Page.GetByLabel("Show").SelectOptionAsync("held");
        var held = (await _coke.GetClustersAsync("table", 0)).Count(one => one.Dual > 0);
        await _visit.SeeAsync(held == 0 ? "No cluster is so." : $"of {held}");
        await Page.GetByLabel("Go to cluster").FillAsync("17");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Open" }).ClickAsync();
        await Page.GetByRole(AriaRole.Heading, new() { Name = "Cluster 17" }).WaitForAsync();
        var one = await _coke.GetClusterAsync("table", 0, 17);
        await SeeTileAsync("Members before", $"{one.LastCount}");
        Assert.Empty(_visit.Errors);
    }

    [Fact]
    public async Task HeadsAreTabs_AndRunsAreComparedSideBySide()
    {
        await using var first = await FedRun.BeginAsync(_coke, "left", 4, 6);
        await using var second = await FedRun.BeginAsync(_coke, "right", 5);
        await first.EpochAsync();
        await second.EpochAsync();
        await _visit.GoAsync($"/#/runs/{first.Id}");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Head 1 (6)" }).ClickAsync();
        await Page.Locator("a[aria-current=page]", new() { HasText = "Head 1 (6)" }).WaitForAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await Page.GetByRole(AriaRole.Heading, new() { Name = "left" }).WaitForAsync();
        await Page.GetByLabel("Left", new() { Exact = true }).SelectOptionAsync(second.Id);
        await _visit.UntilAsync("[...document.querySelectorAll('section h2')].every(name => name.textContent === 'right')");
        Assert.Empty(_visit.Errors);
    }

    [Fact]
    public async Task TheTheme_IsSwitched_AndStays()
    {
        await _visit.GoAsync();
        await Page.GetByLabel("Theme").SelectOptionAsync("dark");
        var dark = await Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await Page.ReloadAsync();
        Assert.Equal(dark, await Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        await Page.GetByLabel("Theme").SelectOptionAsync("light");
        Assert.NotEqual(dark, await Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task Charts_AreSavedAsPictureDrawingAndNumbers()
    {
        await using var run = await FedRun.BeginAsync(_coke, "saved", 6);
        await run.EpochAsync();
        await run.EpochAsync();
        await _visit.GoAsync($"/#/runs/{run.Id}");
        await Page.Locator(".uplot").First.WaitForAsync();
        Assert.StartsWith("epoch,similarity\n0,0.", System.Text.Encoding.UTF8.GetString(await SavedAsync("CSV")), StringComparison.Ordinal);
        Assert.Contains("<path", System.Text.Encoding.UTF8.GetString(await SavedAsync("SVG")), StringComparison.Ordinal);
        Assert.Equal("PNG", System.Text.Encoding.Latin1.GetString(await SavedAsync("PNG"), 1, 3));
        Assert.Empty(_visit.Errors);
    }

    [Fact]
    public async Task NothingLeavesTheHost_AndNoNameBecomesMarkup()
    {
        await using var run = await FedRun.BeginAsync(_coke, "plain", 6);
        // No silo makes such a run; the page must not rely on it.
        await Page.RouteAsync("**/v1/events", route =>
            route.FulfillAsync(
                new()
                {
                    ContentType = "text/event-stream",
                    Body =
                        "event: runs\ndata: {\"runs\": [{\"name\": \"<img onerror=document.title=1 src=x>\", \"runId\": \"a~00000000\","
                        + " \"state\": \"live\", \"epoch\": 1, \"rowsInEpoch\": 1, \"imageCount\": 2, \"heads\": [{\"clusterCount\": 3}],"
                        + " \"problem\": \"<b>bold</b>\"}], \"troubles\": {\"<i>\": \"</i><script>\"}}\n\n",
                }
            )
        );
        await _visit.GoAsync();
        await _visit.SeeAsync("<img onerror=document.title=1 src=x>");
        await _visit.SeeAsync("<b>bold</b>");
        Assert.Equal(0, await Page.Locator("main img, main b, main i, main script").CountAsync());
        foreach (var part in new[] { "curves", "sizes", "clusters", "map", "trainers" })
            await _visit.GoAsync($"/#/runs/{run.Id}/heads/0/{part}");
        await _visit.SeeAsync("Trainers and silos");
        Assert.All(_visit.Asked, address => Assert.StartsWith(_door.Address.ToString(), address, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440)]
    [InlineData(ColorScheme.Dark, 1440)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task NothingSerious_IsInTheWayOfAnybody_AndNothingIsWiderThanTheWindow(ColorScheme scheme, int width)
    {
        await using var run = await FedRun.BeginAsync(_coke, "open-to-all", 6, 8);
        await run.EpochAsync();
        await run.EpochAsync();
        await using var visit = await chromium.VisitAsync(_door.Address, width, scheme);
        var parts = new[] { "curves", "sizes", "clusters", "map", "trainers" }.Select(part => $"/runs/{run.Id}/heads/0/{part}");
        foreach (var path in parts.Concat(["/", "/compare", $"/runs/{run.Id}/heads/0/clusters/2", "/nowhere"]))
        {
            await visit.GoAsync($"/#{path}");
            await visit.UntilAsync(
                "document.querySelector('h1') && !/^Asking|^Loading/.test(document.querySelector('main .quiet')?.textContent ?? '')"
            );
            var found = await visit.SeriousFindingsAsync();
            Assert.True(found.Length == 0, $"{path}: {string.Join('\n', found)}");
            Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{path} is too wide.");
        }

        Assert.Empty(visit.Errors);
    }

    [Fact]
    public async Task TheKeyboardAlone_ReachesARun()
    {
        await using var run = await FedRun.BeginAsync(_coke, "keys", 6);
        await _visit.GoAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "keys" }).WaitForAsync();
        for (var i = 0; i < 20 && await Focused() != "keys"; i++)
            await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Page.GetByRole(AriaRole.Heading, new() { Name = "keys" }).WaitForAsync();

        Task<string> Focused() => Page.EvaluateAsync<string>("document.activeElement.textContent");
    }

    Task SeeTileAsync(string name, string value) =>
        _visit.UntilAsync(
            $"[...document.querySelectorAll('.tile')].some(tile => tile.querySelector('span').textContent === '{name}'"
                + $" && tile.querySelector('b').textContent === '{value}')"
        );

    // What the bars of a figure say of themselves, added up.
    static string SumOfBars(string figure) =>
        $"[...document.querySelectorAll('figure')].filter(one => one.querySelector('strong').textContent === '{figure}')"
        + ".flatMap(one => [...one.querySelectorAll('rect title')]).map(title => Number(title.textContent.match(/: ([0-9,]+)/)[1]"
        + ".replaceAll(',', ''))).reduce((a, b) => a + b, 0)";

    async Task<double[]> NumbersAsync(string cells) =>
        [
            .. (await Page.Locator(cells).AllTextContentsAsync()).Select(text =>
                double.Parse(text, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture)
            ),
        ];

    async Task<byte[]> SavedAsync(string kind)
    {
        var saved = await Page.RunAndWaitForDownloadAsync(() => Page.GetByLabel($"Save Mean similarity as {kind}").ClickAsync());
        Assert.EndsWith($".{kind}", saved.SuggestedFilename, StringComparison.OrdinalIgnoreCase);
        return await File.ReadAllBytesAsync((await saved.PathAsync())!);
    }
}
