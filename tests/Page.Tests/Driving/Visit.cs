using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CoKe.Page.Tests.Driving;

/// <summary>Somebody who looks at the page, and all that his browser asks for and complains of.</summary>
sealed class Visit : IAsyncDisposable
{
    readonly IBrowserContext _context;

    Visit(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    /// <summary>Every address that was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>What scripts threw and the console calls an error.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    public static async Task<Visit> BeginAsync(IBrowserContext context)
    {
        var visit = new Visit(context, await context.NewPageAsync());
        visit.Page.Request += (_, request) => visit.Asked.Enqueue(request.Url);
        visit.Page.PageError += (_, error) => visit.Errors.Enqueue(error);
        visit.Page.Console += (_, message) =>
        {
            if (message.Type == "error")
                visit.Errors.Enqueue(message.Text);
        };
        return visit;
    }

    /// <summary>Opens an address of the page.</summary>
    public Task GoAsync(string path = "/") => Page.GotoAsync(path);

    /// <summary>Waits until an element with this text is there.</summary>
    public Task SeeAsync(string text) => Page.GetByText(text).First.WaitForAsync();

    /// <summary>Waits until a script's condition holds. The page looks for it by itself, since its policy lets nobody evaluate
    /// text.</summary>
    public Task UntilAsync(string condition) =>
        Page.EvaluateAsync($"new Promise(done => {{ const look = () => ({condition}) ? done() : requestAnimationFrame(look); look(); }})")
            .WaitAsync(Chromium.Patience);

    /// <summary>What a program for accessibility finds that is serious or worse, as one line each.</summary>
    public async Task<string[]> SeriousFindingsAsync()
    {
        var found = await Page.RunAxe();
        return
        [
            .. found
                .Violations.Where(one => one.Impact is "serious" or "critical")
                .SelectMany(one => one.Nodes.Select(node => $"{one.Id}: {one.Help}: {node.Html}")),
        ];
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
