using CoKe.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CoKe.Web.Problems;

/// <summary>Answers every error below it with a problem document.</summary>
sealed partial class ProblemWriter(RequestDelegate next, ILogger<ProblemWriter> log)
{
    readonly Occasions _unthought = new();

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return; // nobody hears an answer
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            if (ProblemOf.Of(e) is not { } problem)
            {
                problem = ProblemOf.Unthought;
                if (_unthought.IsTold(out var count))
                    LogUnthought(log, e, count, http.Request.Method, VisibleText.Line(http.Request.Path));
            }

            http.Response.Clear();
            await problem.WriteAsync(http);
            return;
        }

        if (http.Response is { HasStarted: false, ContentLength: null, ContentType: null } && Bare(http) is { } bare)
            await bare.WriteAsync(http);
    }

    // Routing answers by a status alone, and so does what reads JSON where a body is too large, too slow or cut off.
    static Problem? Bare(HttpContext http) =>
        http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problem.Of(
                "unknown-path",
                StatusCodes.Status404NotFound,
                "There is no such path: see /openapi/v1.json for those that there are.",
                "path",
                VisibleText.Sentence(http.Request.Path)
            ),
            StatusCodes.Status405MethodNotAllowed => Problem.Of(
                "method-not-allowed",
                StatusCodes.Status405MethodNotAllowed,
                $"This path takes no {VisibleText.Line(http.Request.Method)}: use {http.Response.Headers.Allow}.",
                "method",
                VisibleText.Sentence(http.Request.Method)
            ),
            StatusCodes.Status415UnsupportedMediaType => Problem.Of(
                "unsupported-content",
                StatusCodes.Status415UnsupportedMediaType,
                "The body is not of the kind that this request takes: send the Content-Type that /openapi/v1.json names.",
                "Content-Type",
                VisibleText.Sentence(http.Request.ContentType ?? "")
            ),
            >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError => ProblemOf.Of(
                new BadHttpRequestException("the body ended before its end", http.Response.StatusCode)
            ),
            _ => null,
        };

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{count} requests failed so far in a way nobody thought of, the last one: {method} {path}"
    )]
    static partial void LogUnthought(ILogger log, Exception error, long count, string method, string path);
}
