using CoKe.Access;

namespace CoKe.Silo.Http;

/// <summary>Lets nobody see a page without the token, but for health: who watches a silo need not know its secrets.</summary>
sealed class TokenCheck(RequestDelegate next, IReadOnlyList<AccessToken> tokens)
{
    const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments(Readiness.Path) || IsGiven(http.Request.Headers.Authorization))
            return next(http);
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers.WWWAuthenticate = Scheme.TrimEnd();
        return http.Response.WriteAsync("Give the token of the cluster in the header 'Authorization: Bearer TOKEN'.", http.RequestAborted);
    }

    bool IsGiven(string? header) =>
        header is not null
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && tokens.Any(token => token.Equals(header.AsSpan(Scheme.Length).Trim()));
}
