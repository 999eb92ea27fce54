using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoKe.Web.Hosting;

/// <summary>How patient the port is, and how much it reads before it knows what for.</summary>
public static class DoorLimits
{
    // What comes slower than this is no program and no person.
    static readonly TimeSpan HeadersPatience = TimeSpan.FromSeconds(10),
        IdlePatience = TimeSpan.FromSeconds(60),
        RatePatience = TimeSpan.FromSeconds(5);

    // Requests that take more say so.
    const int MostBody = 1 << 20,
        MostHeaders = 16 << 10; // bytes
    const double LeastRate = 240; // bytes a second

    /// <summary>Sets them.</summary>
    public static void Apply(KestrelServerLimits kestrel)
    {
        kestrel.RequestHeadersTimeout = HeadersPatience;
        kestrel.KeepAliveTimeout = IdlePatience;
        kestrel.MaxRequestBodySize = MostBody;
        kestrel.MaxRequestHeadersTotalSize = MostHeaders;
        kestrel.MinRequestBodyDataRate = new MinDataRate(LeastRate, RatePatience);
        kestrel.MinResponseDataRate = new MinDataRate(LeastRate, RatePatience);
    }
}
