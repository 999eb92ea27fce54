using System.Net;
using System.Net.Sockets;
using System.Text;
using CoKe.Abstractions.Storage;
using CoKe.Access;
using CoKe.Fuzzing.Inputs;
using CoKe.Grains.Sequencing;
using CoKe.Silo.Settings;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoKe.Fuzzing.Targets;

/// <summary>The pages of a silo, asked over a connection of its own for every input.</summary>
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
        var host = new HostBuilder()
            .ConfigureLogging(logging => logging.AddProvider(errors).SetMinimumLevel(LogLevel.Error))
            .ConfigureWebHost(web => Silo.Http.Pages.Configure(web, settings), options => options.SuppressEnvironmentConfiguration = true)
            .ConfigureServices(services =>
                services.AddSingleton(TimeProvider.System).AddSingleton<StorageHealth>().AddSingleton<RunTroubles>()
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
            Owned = host,
        };
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
