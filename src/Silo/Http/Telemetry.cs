using System.Collections;
using System.Net;
using CoKe.Grains.Observation;
using CoKe.Silo.Settings;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CoKe.Silo.Http;

/// <summary>What the silo measures, for whoever collects it: a page for Prometheus always, and OTLP where a collector is named.</summary>
static class Telemetry
{
    /// <summary>The page of metrics.</summary>
    public const string Path = "/metrics";

    const string Standard = "OTEL_",
        StandardEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT",
        Npgsql = "Npgsql";

    static readonly string[] _s_meters =
    [
        SiloMeter.Name,
        "Microsoft.Orleans",
        Npgsql,
        "System.Runtime",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
    ];

    static readonly string[] _s_traces = [Traces.Name, "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", Npgsql];

    /// <summary>What the environment says in the variables that all programs with OpenTelemetry share.</summary>
    public static IReadOnlyDictionary<string, string?> Variables() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Where(variable => $"{variable.Key}".StartsWith(Standard, StringComparison.Ordinal))
            .ToDictionary(variable => $"{variable.Key}", variable => variable.Value as string);

    /// <summary>Whether anything is sent to a collector, traces above all: to make them costs time in every call.</summary>
    public static bool IsSent(SiloSettings settings) => settings.Otlp is not null || Variables().ContainsKey(StandardEndpoint);

    public static void Add(IServiceCollection services, SiloSettings settings)
    {
        var telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService(
                    "coke-silo",
                    serviceVersion: SiloMeter.Version,
                    autoGenerateServiceInstanceId: false,
                    serviceInstanceId: $"{new IPEndPoint(settings.Address, settings.SiloPort)}"
                )
            )
            .WithMetrics(metrics => metrics.AddMeter(_s_meters).AddPrometheusExporter());
        if (!IsSent(settings))
            return;
        telemetry
            .WithMetrics(metrics => metrics.AddOtlpExporter(otlp => Send(otlp, settings.Otlp, "v1/metrics")))
            .WithTracing(traces => traces.AddSource(_s_traces).AddOtlpExporter(otlp => Send(otlp, settings.Otlp, "v1/traces")));
    }

    // What is not said here the library takes from the standard variables.
    static void Send(OtlpExporterOptions otlp, OtlpSettings? to, string signal)
    {
        if (to is null)
            return;
        otlp.Protocol = to.IsHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        otlp.Endpoint = to.IsHttp ? new Uri($"{to.Endpoint.AbsoluteUri.TrimEnd('/')}/{signal}") : to.Endpoint;
    }
}
