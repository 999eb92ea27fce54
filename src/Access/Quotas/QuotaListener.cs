using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using CoKe.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace CoKe.Access.Quotas;

/// <summary>
/// Accepts connections, keeps the silent to itself, as a bare socket each, hands on who speaks, and closes what exceeds the quota. While
/// that happens callers are accepted in steps, so that each has had time to speak before it must give way, see
/// <see cref="WaitingCallers"/>. That the process has no file left ends nothing: a spare one is kept to turn callers away with.
/// </summary>
sealed partial class QuotaListener : IConnectionListener
{
    // Of TCP's probes for peers that are gone, as Orleans sets them; seconds.
    const int AliveAfter = 90,
        AliveInterval = 30,
        AliveTries = 10;

    const int Tcp = 6,
        DeferAccept = 9; // TCP_DEFER_ACCEPT of Linux
    const int CalmSteps = 50;

    readonly QuotaPort _port;
    readonly ConnectionQuota _quota;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly Socket _listening;
    readonly Channel<SocketConnection> _spoken = Channel.CreateUnbounded<SocketConnection>(); // the quota bounds it
    readonly CancellationTokenSource _stop = new();
    readonly Occasions _turnedAway = new(),
        _withoutFile = new(),
        _notTaken = new();
    readonly SpareFile _spare;
    readonly ITimer _timer;
    Task? _accepting;
    bool _isPressed; // somebody had to give way, or was turned away

    /// <summary>Opens the port; nothing is accepted before somebody asks for it.</summary>
    public QuotaListener(IPEndPoint endpoint, QuotaPort port, ILogger log, TimeProvider time)
    {
        (_port, _quota, _log, _time) = (port, new ConnectionQuota(port.Limits), log, time);
        _listening = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (port.CutsAtOnce)
                _listening.LingerState = new LingerOption(true, 0); // accepted sockets inherit it
            _listening.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
                _listening.DualMode = true;
            var deferral = BitConverter.GetBytes((int)port.Limits.Deferral.TotalSeconds);
            if (OperatingSystem.IsLinux())
                _listening.SetRawSocketOption(Tcp, DeferAccept, deferral);
            _listening.Bind(endpoint);
            _listening.Listen(WaitingCallers.Most);
        }
        catch (SocketException e)
        {
            _listening.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException(e.Message, e);
            throw;
        }

        EndPoint = _listening.LocalEndPoint!;
        _spare = new SpareFile(time);
        _timer = time.CreateTimer(_ => EndSilent(), null, ConnectionTimes.SilentLook, ConnectionTimes.SilentLook);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Pending and proven connections; for tests.</summary>
    public (int Pending, int Proven) Count => _quota.Count;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        lock (_stop)
            _accepting ??= Task.Run(AcceptAllAsync, CancellationToken.None);
        while (await _spoken.Reader.WaitToReadAsync(cancellationToken))
            if (_spoken.Reader.TryRead(out var connection))
                return connection;
        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        _listening.Dispose();
        await _timer.DisposeAsync();
        Task? accepting;
        lock (_stop)
            accepting = _accepting ??= Task.CompletedTask;
        await accepting;
        _spoken.Writer.TryComplete();
        foreach (var lease in _quota.TakeSilent(long.MaxValue))
            lease.End();
        while (_spoken.Reader.TryRead(out var connection))
            await connection.DisposeAsync();
        _spare.Dispose();
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    async Task AcceptAllAsync()
    {
        try
        {
            await RunAsync();
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            _spoken.Writer.TryComplete(e); // whoever asks for connections hears of it
        }
        catch (OperationCanceledException)
        {
            // The port is being closed.
        }
    }

    async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_isPressed)
                    await AcceptInStepsAsync();
                else
                    TryTake(await _listening.AcceptAsync(_stop.Token));
            }
            catch (Exception e)
                when (_stop.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // Gone before it was accepted.
            }
            catch (SocketException e)
            {
                // No file is left, or no memory. A stranger's connection is worth less than the next caller's.
                var givesWay = _quota.TakeOne();
                givesWay?.End();
                TellWithoutFile(e.Message.TrimEnd('.'));
                if (givesWay is null)
                    await _spare.TurnAwayAsync(_listening, _stop.Token);
            }
        }
    }

    /// <summary>Accepts in steps, until in a few of them nobody has had to give way.</summary>
    async Task AcceptInStepsAsync()
    {
        var callers = new WaitingCallers(_listening);
        for (var calm = 0; calm < CalmSteps; calm++)
        {
            await Task.Delay(WaitingCallers.Step, _time, _stop.Token);
            _isPressed = false;
            for (var ripe = callers.TakeRipe(); ripe > 0; ripe--)
                TryTake(await _listening.AcceptAsync(_stop.Token));
            if (_isPressed)
                calm = 0;
        }
    }

    // One caller's trouble must not close the port to all.
    void TryTake(Socket socket)
    {
        try
        {
            Take(socket);
        }
        catch (Exception e)
        {
            socket.Close(0);
            if (_notTaken.IsTold(out var count))
                LogNotTaken(count, _port.Name, e);
        }
    }

    void Take(Socket socket)
    {
        if (Peer(socket) is not { } peer)
        {
            socket.Dispose();
            return;
        }

        if (FileLimit.IsNear(socket.Handle))
        {
            TellWithoutFile($"fewer than {FileLimit.Reserve} files are left");
            _isPressed = true;
            if (_quota.TakeOne() is not { } stranger)
            {
                socket.Close(0);
                return;
            }

            stranger.End();
            // Else every second caller would keep one of the last files.
            if (FileLimit.Lower(socket) is not { } lower)
                return;
            socket = lower;
        }

        var (lease, givesWay) = _quota.Admit(peer, _time.GetTimestamp());
        _isPressed |= lease is null || givesWay is not null;
        if (givesWay is not null)
        {
            givesWay.End();
            TellTurnedAway(givesWay.Peer, "too many have not said who they are, and a newer one came");
        }

        if (lease is not null)
        {
            SilentSocket.Hear(socket, lease, HandOn);
            return;
        }

        socket.Close(0);
        TellTurnedAway(peer, "its address has as many as one may have");
    }

    /// <summary>Hands a connection on, whose first byte has come.</summary>
    void HandOn(Socket socket, ConnectionLease lease)
    {
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, AliveAfter);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, AliveInterval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, AliveTries);
            var connection = new SocketConnection(socket, lease, _time, answersLast: !_port.CutsAtOnce);
            connection.Start();
            if (!_spoken.Writer.TryWrite(connection))
                _ = connection.DisposeAsync().AsTask(); // the port was closed
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It hung up, or gave way.
            lease.Release();
            socket.Dispose();
        }
    }

    void EndSilent()
    {
        var patience = (long)(_port.Limits.Patience.TotalSeconds * _time.TimestampFrequency);
        foreach (var lease in _quota.TakeSilent(_time.GetTimestamp() - patience))
            lease.End();
    }

    void TellWithoutFile(string reason)
    {
        if (_withoutFile.IsTold(out var count))
            LogWithoutFile(count, _port.Name, reason);
    }

    void TellTurnedAway(EndPoint? peer, string reason)
    {
        if (_turnedAway.IsTold(out var count))
            LogTurnedAway(count, _port.Name, peer, reason);
    }

    static IPEndPoint? Peer(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint as IPEndPoint;
        }
        catch (SocketException)
        {
            return null; // gone
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{count} connections to the {port} port were closed so far to keep room for others, the last one from {peer}: {reason}."
    )]
    partial void LogTurnedAway(long count, string port, EndPoint? peer, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{count} times so far a connection to the {port} port could not be taken.")]
    partial void LogNotTaken(long count, string port, Exception reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{count} times so far a connection to the {port} port found too few files, the last time: {reason}. "
            + "Raise 'ulimit -n', or lower the limits of connections."
    )]
    partial void LogWithoutFile(long count, string port, string reason);
}
