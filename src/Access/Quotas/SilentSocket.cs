using System.Net.Sockets;

namespace CoKe.Access.Quotas;

/// <summary>
/// An accepted socket until its first byte. It holds no buffer, and ends without an exception: a flood of such connections must cost as
/// little as can be.
/// </summary>
sealed class SilentSocket : SocketAsyncEventArgs
{
    readonly Socket _socket;
    readonly ConnectionLease _lease;
    readonly Action<Socket, ConnectionLease> _spoke;

    SilentSocket(Socket socket, ConnectionLease lease, Action<Socket, ConnectionLease> spoke)
        : base(true)
    {
        // The execution context is not needed, and kept from being copied.
        (_socket, _lease, _spoke) = (socket, lease, spoke);
        SetBuffer(Memory<byte>.Empty);
    }

    /// <summary>Waits for the first byte.</summary>
    /// <param name="socket">Closed when its peer hangs up before, or has to give way.</param>
    /// <param name="lease">Its place.</param>
    /// <param name="spoke">Takes both over when the byte is there.</param>
    public static void Hear(Socket socket, ConnectionLease lease, Action<Socket, ConnectionLease> spoke)
    {
        var silent = new SilentSocket(socket, lease, spoke);
        lease.EndBy(() => socket.Close(0));
        try
        {
            if (!socket.ReceiveAsync(silent))
                silent.OnCompleted(silent);
        }
        catch (ObjectDisposedException)
        {
            silent.End(); // it had to give way already
        }
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (SocketError != SocketError.Success || !IsThere())
        {
            End();
            return;
        }

        Dispose();
        _lease.HasSpoken = true;
        _spoke(_socket, _lease);
    }

    // Nothing is there when the peer has hung up.
    bool IsThere()
    {
        try
        {
            return _socket.Available > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    void End()
    {
        Dispose();
        _lease.Release();
        _socket.Dispose();
    }
}
