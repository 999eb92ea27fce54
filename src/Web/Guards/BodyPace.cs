using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CoKe.Web.Guards;

/// <summary>Bodies take room in memory while they come, so that they must come at a pace.</summary>
static class BodyPace
{
    // Below what any network of a trainer does; the first seconds are free.
    static readonly MinDataRate Least = new(bytesPerSecond: 16 << 10, gracePeriod: TimeSpan.FromSeconds(5));

    public static ValueTask<object?> Apply(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        if (call.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } pace)
            pace.MinDataRate = Least;
        return next(call);
    }
}
