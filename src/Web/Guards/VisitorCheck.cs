using System.Net;
using CoKe.Access.Rights;
using CoKe.Errors;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Guards;

/// <summary>
/// Lets in who proves the right that a request needs. Where no token is asked for, the machine itself is the border: then a request must
/// not come from a page of the web, by way of a browser that runs here.
/// </summary>
sealed class VisitorCheck(RequestDelegate next, DoorOptions options, TimeProvider time)
{
    const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        CheckPlace(http.Request);
        var asked = http.GetEndpoint()?.Metadata;
        if (asked?.GetMetadata<OpenToAll>() is not null)
            return next(http);
        var needed = asked?.GetMetadata<NeedsRight>()?.Right ?? Right.Feed;
        var held = Held(http.Request);
        if (held < needed)
            throw new VisitorRefusedException(
                "right-refused",
                StatusCodes.Status403Forbidden,
                "right",
                "feed and read",
                "The token may feed and read, and this request administers: give the token for administering."
            );
        return next(http);
    }

    void CheckPlace(HttpRequest request)
    {
        if (options is { IsOnLoopback: true, Token: null, FeedToken: null } && !IsLoopback(request.Host.Host))
            throw new VisitorRefusedException(
                "wrong-host",
                StatusCodes.Status403Forbidden,
                "Host",
                VisibleText.Sentence(request.Host.Value ?? ""),
                "The request calls this machine by a name that is not of loopback: use localhost or 127.0.0.1."
            );
        // A program sends none and a browser one; of several, each must be ours.
        if (request.Headers.Origin.FirstOrDefault(origin => !IsOwn(origin ?? "", request)) is { } origin)
            throw new VisitorRefusedException(
                "wrong-origin",
                StatusCodes.Status403Forbidden,
                "Origin",
                VisibleText.Sentence(origin),
                "The request comes from a page of another site: send it from a program, or from a page of this silo."
            );
    }

    Right Held(HttpRequest request)
    {
        if (options is { Token: null, FeedToken: null })
            return Right.Administer;
        string? header = request.Headers.Authorization;
        if (string.IsNullOrEmpty(header))
            return IsLoggedIn(request) ? Right.Feed : throw Unknown("token-missing", "missing", "The request has no token");
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Unknown("token-wrong", "(hidden)", "The header Authorization has no bearer token");
        return options.Judge(header.AsSpan(Scheme.Length).Trim())?.Right
            ?? throw Unknown("token-wrong", "(hidden)", "The token is not one of this cluster");
    }

    // Only to look: whatever makes a browser send its cookie changes nothing.
    bool IsLoggedIn(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Cookies[Login.Cookie] is { } kept
        && time.GetUtcNow() is var now
        && (Login.IsGood(kept, options.Token, now) || Login.IsGood(kept, options.FeedToken, now));

    static VisitorRefusedException Unknown(string kind, string value, string problem) =>
        new(
            kind,
            StatusCodes.Status401Unauthorized,
            "Authorization",
            value,
            $"{problem}: give the token of the cluster in the header 'Authorization: Bearer TOKEN'."
        );

    static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    static bool IsOwn(string origin, HttpRequest request) =>
        origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
}
