using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CoKe.Web.Guards;

/// <summary>Bodies take room in memory while they come, so that they must come at a pace.</summary>
static class BodyPace
{
    // Below what any network of a trainer does; the first seconds are free.
    const double LeastRate = 16 << 10; // bytes a second
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // However large: it holds its room from the start.
    const double LongestTime = 300; // seconds

    public static ValueTask<object?> Apply(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        if (call.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } pace)
            pace.MinDataRate = new MinDataRate(Math.Max(LeastRate, (call.HttpContext.Request.ContentLength ?? 0) / LongestTime), Grace);
        return next(call);
    }
}
