using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Reflection;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Metadata;

namespace CoKe.Silo.Tests.Rights;

/// <summary>A plain client of Orleans that opens a gateway by one token and proves what it likes in its calls. It calls whatever it can
/// name.</summary>
sealed class HostileClient : IAsyncDisposable
{
    // Of Orleans' clients, and not to be had otherwise.
    const string Runtime = "Orleans.OutsideRuntimeClient";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly IHost _host;
    readonly ArrayBufferWriter<byte> _heard;

    HostileClient(IHost host, ArrayBufferWriter<byte> heard) => (_host, _heard) = (host, heard);

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <param name="gateway">Where the silo is.</param>
    /// <param name="door">What opens the connection, and proves what an Orleans client must ask before it can call; null: nothing.</param>
    /// <param name="key">What its calls carry; null: nothing.</param>
    /// <exception cref="AccessRefusedException">The silo closes the connection.</exception>
    public static async Task<HostileClient> StartAsync(IPEndPoint gateway, AccessToken? door, byte[]? key)
    {
        var heard = new ArrayBufferWriter<byte>();
        var closed = new TaskCompletionSource<AccessRefusedException>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(gateway);
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
            client.Configure<ClientConnectionOptions>(connections =>
                connections.ConfigureConnection(connection =>
                {
                    connection.Use(next => context => ListenAsync(context, next, heard));
                    new ConnectionGuard(door, null, refused => closed.TrySetResult(refused)).GuardOutgoing(connection, Purpose.Gateway);
                })
            );
            client.AddOutgoingGrainCallFilter(async call =>
            {
                CallCredential.Attach(call.InterfaceName.Contains("Manifest", StringComparison.Ordinal) ? door?.CallKey : key);
                await call.Invoke();
            });
        });
        var host = builder.Build();
        using var giveUp = new CancellationTokenSource();
        var start = host.StartAsync(giveUp.Token);
        // Orleans would knock for minutes.
        if (await Task.WhenAny(start, closed.Task).WaitAsync(Patience) == start)
        {
            await start;
            return new HostileClient(host, heard);
        }

        await giveUp.CancelAsync();
        _ = start.ContinueWith(_ => host.Dispose(), TaskScheduler.Default);
        throw await closed.Task;
    }

    /// <summary>Calls a method.</summary>
    /// <returns>What it was refused by; null: it was done, or went without an answer.</returns>
    public static async Task<Exception?> TryAsync(object grain, MethodInfo method, object?[] arguments)
    {
        try
        {
            var answer = method.Invoke(grain, arguments);
            if (answer is not null and not Task)
                answer = answer.GetType().GetMethod("AsTask")?.Invoke(answer, null);
            if (answer is Task task)
                await task.WaitAsync(Patience);
            return null;
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>A reference to anything at all, of any interface.</summary>
    public object Reference(GrainId target, Type contract) =>
        Client.GetGrain(target, Client.ServiceProvider.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceType(contract));

    /// <summary>The silos it knows of.</summary>
    public IEnumerable<SiloAddress> Silos =>
        Client
            .ServiceProvider.GetRequiredService<IClusterManifestProvider>()
            .Current.Silos.Where(silo => !silo.Value.Grains.IsEmpty)
            .Select(silo => silo.Key);

    /// <summary>From now on every message says that it is from that grain. Answers go there.</summary>
    /// <returns>What it said before.</returns>
    public GrainId Impersonate(GrainId sender)
    {
        var type = typeof(IClusterClient)
            .Assembly.GetReferencedAssemblies()
            .Select(Assembly.Load)
            .Append(typeof(ClientConnectionOptions).Assembly)
            .Select(assembly => assembly.GetType(Runtime))
            .First(found => found is not null)!;
        var address = type.GetProperty("CurrentActivationAddress", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
        var runtime = Client.ServiceProvider.GetRequiredService(type);
        var before = (GrainAddress)address.GetValue(runtime)!;
        address.SetValue(
            runtime,
            new GrainAddress
            {
                GrainId = sender,
                SiloAddress = before.SiloAddress,
                ActivationId = before.ActivationId,
            }
        );
        return before.GrainId;
    }

    /// <summary>Whether these bytes ever came from the silo.</summary>
    public bool HasHeard(ReadOnlySpan<byte> bytes)
    {
        lock (_heard)
            return _heard.WrittenSpan.IndexOf(bytes) >= 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    static async Task ListenAsync(ConnectionContext context, ConnectionDelegate next, ArrayBufferWriter<byte> heard)
    {
        var below = context.Transport;
        var copy = new Pipe();
        var copying = CopyAsync();
        context.Transport = new Both(copy.Reader, below.Output);
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = below;
            below.Input.CancelPendingRead();
            await copying;
        }

        async Task CopyAsync()
        {
            while (true)
            {
                var read = await below.Input.ReadAsync();
                foreach (var part in read.Buffer)
                {
                    lock (heard)
                        heard.Write(part.Span);
                    await copy.Writer.WriteAsync(part);
                }

                below.Input.AdvanceTo(read.Buffer.End);
                if (!read.IsCompleted && !read.IsCanceled)
                    continue;
                await copy.Writer.CompleteAsync();
                return;
            }
        }
    }

    sealed record Both(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
