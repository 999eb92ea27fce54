using CoKe.Silo.Settings;

namespace CoKe.Silo.Http;

/// <summary>What the silo tells over HTTP.</summary>
internal static class Pages
{
    public static void Configure(IWebHostBuilder web, SiloSettings settings)
    {
        web.UseKestrel(kestrel => kestrel.Listen(settings.Listen, settings.HttpPort));
        web.ConfigureServices(services => services.AddRouting().AddSingleton<Readiness>());
        web.Configure(app =>
        {
            app.UseRouting();
            app.UseEndpoints(pages =>
            {
                pages.MapGet("/health", Readiness.Ready);
                pages.MapGet("/health/ready", Readiness.Ready);
                pages.MapGet("/health/live", Readiness.Live);
            });
        });
    }
}
