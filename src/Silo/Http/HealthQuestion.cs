using System.Net;
using System.Net.Security;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Http;

/// <summary>Asks the silo that was started with the same settings whether it is ready: a health check for where there is no HTTP client, as
/// in a container.</summary>
static class HealthQuestion
{
    /// <summary>What the silo says.</summary>
    /// <returns>Whether it is ready, and its sentence.</returns>
    public static async Task<(bool IsReady, string Text)> AskAsync(SiloSettings settings, CancellationToken cancellation)
    {
        var page = new UriBuilder(
            settings.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps,
            $"{Nearest(settings.Listen)}",
            settings.HttpPort,
            Readiness.Path
        ).Uri;
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            // It asks its own machine and tells nothing: whose certificate that is does not matter.
#pragma warning disable CA5359
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        using var http = new HttpClient(handler) { Timeout = SiloTimes.Health };
        try
        {
            using var answer = await http.GetAsync(page, cancellation);
            return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException e)
        {
            return (false, $"No silo answers at {page}: {e.Message.TrimEnd('.')}. Start it, or give the options it was started with.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (
                false,
                $"The silo at {page} has not answered for {SiloTimes.Health.TotalSeconds:f0} s: look into its log, or start it anew."
            );
        }
    }

    static IPAddress Nearest(IPAddress listen) =>
        listen.Equals(IPAddress.Any) ? IPAddress.Loopback
        : listen.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
        : listen;
}
