using CoKe.Silo.Settings;

namespace CoKe.Silo.Http;

/// <summary>What the silo tells over HTTP, or HTTPS with TLS. Callers show no certificate: browsers and probes have none; the token stands for it.</summary>
internal static class Pages
{
    public static void Configure(IWebHostBuilder web, SiloSettings settings)
    {
        web.UseKestrel(kestrel => kestrel.Listen(settings.Listen, settings.HttpPort, port =>
        {
            if (settings.Tls is { } tls) port.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (tls.Own, tls.Between));
        }));
        web.ConfigureServices(services => services.AddRouting().AddSingleton<Readiness>());
        web.Configure(app =>
        {
            if (settings.ClientTokens is { Count: > 0 } tokens) app.UseMiddleware<TokenCheck>(tokens);
            app.UseRouting();
            app.UseEndpoints(pages =>
            {
                string[] asked = [HttpMethods.Get, HttpMethods.Head]; // load balancers and 'wget --spider' look at the status alone
                pages.MapMethods(Readiness.Path, asked, Readiness.Ready);
                pages.MapMethods($"{Readiness.Path}/ready", asked, Readiness.Ready);
                pages.MapMethods($"{Readiness.Path}/live", asked, Readiness.Live);
            });
        });
    }
}
