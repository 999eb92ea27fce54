using System.Text.Json;
using CoKe.Access;
using CoKe.Web.Guards;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Page;

/// <summary>What a person types into the page.</summary>
/// <param name="Token">A token of the cluster.</param>
sealed record LoginRequest(string Token);

/// <summary>Logging in and out of the page: the token becomes a cookie that no script can read and no other site can use.</summary>
static class LoginEndpoints
{
    const string Path = "/login";

    const int LongestBody = 2 * AccessToken.GreatestLength;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost(Path, LogInAsync).WithMetadata(new OpenToAll(), new BodyLimit(LongestBody)).ExcludeFromDescription();
        app.MapPost("/logout", LogOut).WithMetadata(new OpenToAll()).ExcludeFromDescription();
    }

    static async Task<IResult> LogInAsync(HttpContext http, DoorOptions options, TimeProvider time)
    {
        var token = await ReadAsync(http.Request);
        if (options is { Token: null, FeedToken: null })
            return Results.NoContent(); // nobody is asked here
        if (options.Judge(token) is not { Token: var shown })
        {
            throw new VisitorRefusedException(
                "token-wrong",
                StatusCodes.Status401Unauthorized,
                "token",
                "(hidden)",
                "The token is not one of this cluster: give one of those that its silos were started with."
            );
        }

        var until = time.GetUtcNow() + Login.ValidFor;
        http.Response.Cookies.Append(Login.Cookie, Login.Issue(shown, until), Options(http, until));
        return Results.NoContent();
    }

    static IResult LogOut(HttpContext http)
    {
        http.Response.Cookies.Delete(Login.Cookie, Options(http, null));
        return Results.NoContent();
    }

    static CookieOptions Options(HttpContext http, DateTimeOffset? until) =>
        new()
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Strict,
            Path = "/",
            Expires = until,
        };

    static async Task<string> ReadAsync(HttpRequest request)
    {
        try
        {
            var asked = await JsonSerializer.DeserializeAsync<LoginRequest>(
                request.Body,
                DoorJson.Options,
                request.HttpContext.RequestAborted
            );
            return asked?.Token ?? throw new InvalidRequestException("token", "missing", "There is no token: send {\"token\": TOKEN}.");
        }
        catch (JsonException e)
        {
            // The text itself may be a token, and is not repeated.
            throw new InvalidRequestException("token", "(hidden)", "The body is not JSON with a token: send {\"token\": TOKEN}.", e);
        }
    }
}
