using CoKe.Web.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CoKe.Web.Endpoints;

/// <summary>News as server-sent events, at most one a second: what a page shows, and any program may follow.</summary>
static class EventEndpoints
{
    const string EventStream = "text/event-stream";

    public static void Map(IEndpointRouteBuilder app, IEndpointRouteBuilder run)
    {
        app.MapGet("events", TellOfRunsAsync)
            .Produces<string>(contentType: EventStream)
            .WithSummary("News of all runs as server-sent events: 'runs', or 'trouble' while the silos do not answer.");
        run.MapGet("events", TellOfRunAsync)
            .Produces<string>(contentType: EventStream)
            .WithSummary("News of a run as server-sent events: 'run', 'trouble' while it does not answer, 'gone' at its end.");
    }

    static Task TellOfRunsAsync(HttpContext http, Newsroom newsroom, IHostApplicationLifetime life) => TellAsync(http, newsroom.Runs, life);

    static async Task TellOfRunAsync(string run, HttpContext http, KnownRuns runs, Newsroom newsroom, IHostApplicationLifetime life)
    {
        await runs.GetAsync(run, http.RequestAborted); // of a run that is not there, no stream is opened
        await TellAsync(http, newsroom.Of(run), life);
    }

    static async Task TellAsync(HttpContext http, News news, IHostApplicationLifetime life)
    {
        // A silo that stops hangs up: its pages look for it until it is back.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        var response = http.Response;
        response.ContentType = EventStream;
        response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await foreach (var item in news.FollowAsync(over.Token))
            {
                await response.WriteAsync($"event: {item.Kind}\ndata: ", over.Token);
                await response.Body.WriteAsync(item.Words, over.Token);
                await response.WriteAsync("\n\n", over.Token);
                await response.Body.FlushAsync(over.Token);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody listens any more, or the silo stops.
        }
    }
}
