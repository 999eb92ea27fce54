using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CoKe.Web.Guards;

/// <summary>The port opens before the silo and closes after it: what comes then is told to ask again, here or elsewhere.</summary>
sealed class HostCheck(RequestDelegate next, IHostApplicationLifetime life)
{
    public Task InvokeAsync(HttpContext http) =>
        life.ApplicationStopping.IsCancellationRequested ? throw new SiloNotReadyException("stopping")
        : life.ApplicationStarted.IsCancellationRequested ? next(http)
        : throw new SiloNotReadyException("starting");
}
