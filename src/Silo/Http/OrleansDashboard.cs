using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace CoKe.Silo.Http;

/// <summary>The dashboard of Orleans, behind the door's check of visitors: which grains there are, and how long their calls take.</summary>
static class OrleansDashboard
{
    /// <summary>Where it is.</summary>
    public const string Path = "/orleans";

    const string OwnOnly =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    // These reach into any grain by its name, or show the log; the door opens neither.
    static readonly string[] _s_closed = [$"{Path}/GrainState", $"{Path}/Trace"];

    public static void Add(ISiloBuilder silo) => silo.AddDashboard(options => options.HideTrace = true);

    public static void Map(IEndpointRouteBuilder pages)
    {
        // Only a silo has one: what else serves these pages has no grains of its own to show.
        if (pages.ServiceProvider.GetServices<IConfigureOptions<DashboardOptions>>().Any())
            pages.MapOrleansDashboard(Path).ExcludeFromDescription();
    }

    /// <summary>Stands before its pages: closes what is closed, and keeps a browser from asking any other host.</summary>
    public static Task Guard(HttpContext http, RequestDelegate next)
    {
        if (_s_closed.Any(path => http.Request.Path.StartsWithSegments(path)))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (http.Request.Path == Path && !http.Request.Path.Value!.EndsWith('/'))
        {
            http.Response.Redirect($"{Path}/"); // its pages name each other relative to that
            return Task.CompletedTask;
        }

        http.Response.Headers.ContentSecurityPolicy = OwnOnly;
        return next(http);
    }
}
