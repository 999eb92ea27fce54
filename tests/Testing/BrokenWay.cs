using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CoKe.Testing;

/// <summary>A way to a PostgreSQL server that can be broken: then it takes what is sent and forwards nothing, as a network does that lost
/// its route.</summary>
public sealed class BrokenWay : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly int _serverPort;
    readonly Task _accepting;
    volatile bool _isBroken;

    /// <summary>Opens the way.</summary>
    /// <param name="server">Where it leads.</param>
    public BrokenWay(PostgresServer server)
    {
        _serverPort = server.Port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The connection string of a database at its other end.</summary>
    public string To(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.ConnectionString;

    /// <summary>Swallows from now on what is sent, on every connection, old and new.</summary>
    public void Break() => _isBroken = true;

    /// <summary>Connections that are made from now on work; those that lost something are closed.</summary>
    public void Mend() => _isBroken = false;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    async Task ForwardAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
                await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException) { }
        }
    }

    async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 << 10];
        var lost = false;
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var count)
            {
                lost |= _isBroken;
                if (lost && !_isBroken)
                    return;
                if (!lost)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException) { }
    }
}
