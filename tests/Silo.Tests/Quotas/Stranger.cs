using System.Net;
using System.Net.Sockets;

namespace CoKe.Silo.Tests.Quotas;

/// <summary>A connection that somebody opened and says nothing on, unless told to.</summary>
sealed class Stranger : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);

    Stranger() { }

    /// <summary>Opens one.</summary>
    /// <param name="port">Where it goes.</param>
    public static async Task<Stranger> ComeAsync(IPEndPoint port)
    {
        var stranger = new Stranger();
        await stranger._socket.ConnectAsync(port).WaitAsync(Patience);
        return stranger;
    }

    /// <summary>Opens several that say nothing.</summary>
    public static async Task<Stranger[]> ComeAsync(int count, IPEndPoint port)
    {
        var all = new List<Stranger>();
        for (var i = 0; i < count; i++)
            all.Add(await ComeAsync(port));
        return [.. all];
    }

    /// <summary>Opens several that say the first letter of a handshake, and no more: those the system does not keep to itself.</summary>
    public static async Task<Stranger[]> BeginAsync(int count, IPEndPoint port)
    {
        var all = await ComeAsync(count, port);
        foreach (var stranger in all)
        {
            try
            {
                await stranger.SayAsync((byte)'C');
            }
            catch (SocketException)
            {
                // It had to give way to a later one.
            }
        }

        return all;
    }

    public Task SayAsync(params byte[] words) => _socket.SendAsync(words);

    /// <summary>Says that it has said all it wants to say; it still listens.</summary>
    public void End() => _socket.Shutdown(SocketShutdown.Send);

    public async Task<int> HearAsync(byte[] buffer) => await _socket.ReceiveAsync(buffer).WaitAsync(Patience);

    /// <summary>Completes when the other side has closed it.</summary>
    public async Task ClosedAsync()
    {
        var buffer = new byte[1024];
        try
        {
            while (await HearAsync(buffer) > 0) { }
        }
        catch (SocketException)
        {
            // Cut off.
        }
    }

    public void Dispose() => _socket.Dispose();
}
