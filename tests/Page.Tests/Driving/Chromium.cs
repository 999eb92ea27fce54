using Microsoft.Playwright;

namespace CoKe.Page.Tests.Driving;

/// <summary>Debian's browser, without a window, for all tests of a class.</summary>
public sealed class Chromium : IAsyncLifetime
{
    const string Program = "/usr/bin/chromium";

    // No wait of a test is longer by far: what takes that long hangs.
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    IPlaywright? _playwright;
    IBrowser? _browser;

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Program), $"There is no {Program}: ./test.sh installs it, or 'apt-get install chromium'.");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = Program,
                // As root there is no other way, and it opens nothing but our page; containers have little shared memory.
                Args = ["--no-sandbox", "--disable-dev-shm-usage"],
            }
        );
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A browser without past, at an address.</summary>
    /// <param name="address">The root of the page.</param>
    /// <param name="width">Of the window, pixels.</param>
    /// <param name="scheme">Light or dark, as the system has it.</param>
    internal async Task<Visit> VisitAsync(Uri address, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                BaseURL = address.ToString(),
                ViewportSize = new ViewportSize { Width = width, Height = 900 },
                ColorScheme = scheme,
                AcceptDownloads = true,
            }
        );
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        return await Visit.BeginAsync(context);
    }
}
