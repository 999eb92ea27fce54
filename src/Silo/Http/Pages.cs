using System.Net;
using CoKe.Access.Quotas;
using CoKe.Silo.Settings;
using CoKe.Web;
using CoKe.Web.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoKe.Silo.Http;

/// <summary>
/// What the silo tells and takes over HTTP, or HTTPS with TLS: health, and the door. Callers show no certificate: browsers and probes have
/// none; the token stands for it.
/// </summary>
static class Pages
{
    public static void Configure(IWebHostBuilder web, SiloSettings settings)
    {
        web.UseKestrel(kestrel =>
        {
            Limit(kestrel.Limits, settings.Connections.Http);
            kestrel.Listen(settings.Listen, settings.HttpPort, port =>
            {
                if (settings.Tls is { } tls)
                    port.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (tls.Own, tls.Between));
            });
        });
        web.ConfigureServices(services => Telemetry.Add(services, settings));
        web.ConfigureServices(services =>
            services
                .AddDoor(
                    new DoorOptions
                    {
                        Token = settings.Token,
                        FeedToken = settings.FeedToken,
                        IsOnLoopback = IPAddress.IsLoopback(settings.Listen),
                    }
                )
                .AddSingleton<Readiness>()
                .AddSingleton<IConnectionListenerFactory>(host => new QuotaListenerFactory( // the last is asked first
                    _ => new QuotaPort("HTTP", settings.Connections.Http, CutsAtOnce: false),
                    host.GetRequiredService<ILoggerFactory>(),
                    host.GetRequiredService<TimeProvider>()
                ))
        );
        web.Configure(app =>
        {
            app.UseMiddleware<UseOfConnections>();
            app.UseRouting();
            // Who watches a silo need not know its secrets.
            app.UseWhen(http => !http.Request.Path.StartsWithSegments(Readiness.Path), door => door.UseDoor());
            app.UseWhen(
                http => http.Request.Path.StartsWithSegments(OrleansDashboard.Path),
                dashboard => dashboard.Use(OrleansDashboard.Guard)
            );
            app.UseEndpoints(pages =>
            {
                pages.MapDoor();
                pages.MapPrometheusScrapingEndpoint(Telemetry.Path);
                OrleansDashboard.Map(pages);
                string[] asked = [HttpMethods.Get, HttpMethods.Head]; // load balancers and 'wget --spider' look at the status alone
                pages.MapMethods(Readiness.Path, asked, Readiness.Ready);
                pages.MapMethods($"{Readiness.Path}/ready", asked, Readiness.Ready);
                pages.MapMethods($"{Readiness.Path}/live", asked, Readiness.Live);
            });
        });
    }

    static void Limit(KestrelServerLimits kestrel, PortLimits port)
    {
        kestrel.MaxConcurrentConnections = port.Connections;
        kestrel.MaxConcurrentUpgradedConnections = port.Proven;
        DoorLimits.Apply(kestrel);
    }
}
