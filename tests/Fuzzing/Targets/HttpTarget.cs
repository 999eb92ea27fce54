using System.Net;
using System.Net.Sockets;
using System.Text;
using CoKe.Abstractions.Storage;
using CoKe.Access;
using CoKe.Fuzzing.Inputs;
using CoKe.Grains.Hosting;
using CoKe.Grains.Sequencing;
using CoKe.Silo.Settings;
using CoKe.Streams;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CoKe.Fuzzing.Targets;

/// <summary>The pages of a silo and its door, asked over a connection of its own for every input.</summary>
static class HttpTarget
{
    public static FuzzTarget Pages(FuzzFolder folder)
    {
        var errors = new Errors();
        var settings = new SiloSettings
        {
            Storage = new StorageSettings.Memory(),
            Cluster = "c",
            Address = IPAddress.Loopback,
            Listen = IPAddress.Loopback,
            SiloPort = 1,
            GatewayPort = 2,
            HttpPort = 0, // a free one
            Token = new AccessToken("0123456789abcdef"),
        };
        var silo = EmbeddedSilo.StartAsync().GetAwaiter().GetResult();
        var host = new HostBuilder()
            .ConfigureLogging(logging => logging.AddProvider(errors).SetMinimumLevel(LogLevel.Error))
            .ConfigureWebHost(web => Silo.Http.Pages.Configure(web, settings), options => options.SuppressEnvironmentConfiguration = true)
            .ConfigureServices(services =>
                services
                    .AddSingleton(TimeProvider.System)
                    .AddSingleton<StorageHealth>()
                    .AddSingleton<RunTroubles>()
                    .AddSingleton(silo.Client)
                    .AddSingleton<IGrainFactory>(silo.Client)
                    .AddSingleton(silo.Client.ServiceProvider.GetRequiredService<QueueProducer>())
                    .AddSingleton(silo.Client.ServiceProvider.GetRequiredService<IOptions<QueueStreamOptions>>())
            )
            .Build();
        host.Start();
        var addresses = host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        var port = new Uri(addresses.Single()).Port;
        return new(
            "",
            [
                Packing.Text("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"),
                Packing.Text("HEAD /health/ready HTTP/1.0\r\n\r\n"),
                Packing.Text("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n"),
                Packing.Text("POST /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
                Packing.Text("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                Door("GET /v1/runs?name=a", ""),
                Door(
                    "POST /v1/runs",
                    """{"name":"a","clustering":{"imageCount":9,"dimension":2,"batchSize":3,"heads":[{"clusterCount":0}]}}"""
                ),
                Door("POST /v1/runs/a~01234567/ranks/0", """{"trainer":"trainer-one","after":0,"world":1}"""),
                Door("PUT /v1/runs/a~01234567/ranks/0/epochs/0/attempts/0/batches/0?generation=1", "0123456789abcdef"),
                Door("GET /v1/runs/a~01234567/ranks/0/progress?generation=1&after=0", ""),
                Door("POST /v1/runs/a~01234567/labels?epoch=0&commit=1", "01234567"),
                Door("GET /v1/runs/a~01234567/heads/0/clusters?sort=-dual&page=1&size=9", ""),
            ],
            input => Ask(port, input, errors)
        )
        {
            Hostile =
            [
                [],
                Packing.Nested("GET ", 50_000),
                Packing.Text($"GET /health HTTP/1.1\r\nAuthorization: Bearer {new string('a', 30_000)}\r\n\r\n"),
                Packing.Text("GET /health%00%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n"),
                Packing.Text("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \u00e9\u001b[31m\r\n\r\n"),
                Packing.Text("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            ],
            Iterations = 600,
            Owned = new Both(host, silo),
        };
    }

    static byte[] Door(string request, string body)
    {
        var kind = body.StartsWith('{') ? "json" : "octet-stream";
        var head = $"{request} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer 0123456789abcdef\r\nContent-Type: application/{kind}\r\n";
        return Packing.Text($"{head}Content-Length: {body.Length}\r\n\r\n{body}");
    }

    static string Ask(int port, byte[] input, Errors errors)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = 9_000,
        };
        socket.Connect(IPAddress.Loopback, port);
        var answer = new byte[4_096];
        var length = 0;
        string text;
        try
        {
            socket.Send(input);
            socket.Shutdown(SocketShutdown.Send);
            for (int read; length < answer.Length && (read = socket.Receive(answer.AsSpan(length))) > 0;)
                length += read;
            text = length == 0 ? "no answer" : Encoding.Latin1.GetString(answer, 0, length);
        }
        catch (SocketException e)
            when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            text = "hung up"; // who says too much is cut off
        }

        if (errors.First is { } error)
            throw new InvalidOperationException($"The silo logs: {error}");
        if (text.StartsWith("HTTP/1.1 500", StringComparison.Ordinal))
            throw new InvalidOperationException(text);
        return text.Split('\r')[0];
    }

    /// <summary>The pages go first, which ask the silo.</summary>
    sealed class Both(IHost host, EmbeddedSilo silo) : IDisposable
    {
        public void Dispose()
        {
            host.Dispose();
            silo.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    sealed class Errors : ILoggerProvider, ILogger
    {
        public string? First { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => First ??= IsEnabled(logLevel) ? $"{formatter(state, exception)} {exception}" : null;

        public void Dispose() { }
    }
}
