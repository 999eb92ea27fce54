using System.Net;
using CoKe.Access;
using CoKe.Access.Quotas;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CoKe.Grains.Hosting;

/// <summary>Puts listeners with quotas in the place of Orleans' own, which take every connection, and spin when the process has no file
/// left.</summary>
public static class ConnectionQuotas
{
    /// <summary>Limits the connections of gateway and silo port.</summary>
    /// <param name="silo">The silo, whose ports' connections a <see cref="ConnectionGuard"/> guards: it tells who has proven who he
    /// is.</param>
    /// <param name="limits">How many there may be.</param>
    public static ISiloBuilder LimitConnections(this ISiloBuilder silo, ConnectionLimits limits)
    {
        // Orleans has one for each kind of port, by keys that are its own.
        var own = silo
            .Services.Where(service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory))
            .ToArray();
        if (own.Length == 0)
            throw new InvalidOperationException("This version of Orleans opens its ports in another way: no connection would be limited.");
        foreach (var service in own)
        {
            silo.Services.Remove(service);
            silo.Services.AddKeyedSingleton<IConnectionListenerFactory>(service.ServiceKey, (services, _) => Factory(services, limits));
        }

        return silo;
    }

    static QuotaListenerFactory Factory(IServiceProvider services, ConnectionLimits limits)
    {
        var ports = services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        var gateway = ports.GatewayListeningEndpoint?.Port ?? ports.GatewayPort;
        return new QuotaListenerFactory(
            endpoint => ((IPEndPoint)endpoint).Port == gateway ? Port(Purpose.Gateway, limits.Gateway) : Port(Purpose.Silo, limits.Silo),
            services.GetRequiredService<ILoggerFactory>(),
            services.GetRequiredService<TimeProvider>()
        );

        static QuotaPort Port(Purpose purpose, PortLimits limits) => new($"{purpose}", limits, CutsAtOnce: true);
    }
}
