using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace CoKe.Access.Quotas;

/// <summary>
/// An accepted socket as the connection that Orleans and Kestrel work on, with its place in the quota among its features. It reads no
/// further ahead than <see cref="MostUnread"/>: who has not proven who he is cannot fill the memory.
/// </summary>
sealed class SocketConnection : DefaultConnectionContext
{
    const int MostUnread = 1 << 20; // bytes; Kestrel's too
    internal const int MostUnsent = 8 << 20; // bytes
    const int MostAtOnce = 1 << 20; // bytes
    const int LeastBuffer = 4 << 10,
        MostBuffer = 64 << 10;

    // Continuations of the one side never run on the threads of the other.
    static readonly PipeOptions _input = new(
        pauseWriterThreshold: MostUnread,
        resumeWriterThreshold: MostUnread / 2,
        useSynchronizationContext: false
    );

    // Answers that nobody reads pause what writes them.
    static readonly PipeOptions _output = new(
        pauseWriterThreshold: MostUnsent,
        resumeWriterThreshold: MostUnsent / 2,
        useSynchronizationContext: false
    );

    static long _last;

    readonly Socket _socket;
    readonly ConnectionLease _lease;
    readonly TimeProvider _time;
    readonly bool _answersLast;
    readonly PipeWriter _received;
    readonly PipeReader _toSend;
    readonly CancellationTokenSource _closed = new();
    readonly List<ArraySegment<byte>> _segments = [];
    Task _work = Task.CompletedTask;
    ConnectionAbortedException? _reason;

    /// <summary>Takes over the socket and its place.</summary>
    /// <param name="socket">It has said something.</param>
    /// <param name="lease">Its place.</param>
    /// <param name="time">Measures patience.</param>
    /// <param name="answersLast">A peer that has ended its side is answered before it counts as gone.</param>
    public SocketConnection(Socket socket, ConnectionLease lease, TimeProvider time, bool answersLast)
        : base($"{Interlocked.Increment(ref _last):x}")
    {
        (_socket, _lease, _time, _answersLast) = (socket, lease, time, answersLast);
        (LocalEndPoint, RemoteEndPoint, ConnectionClosed) = (socket.LocalEndPoint, lease.Peer, _closed.Token);
        Pipe input = new(_input),
            output = new(_output);
        (Transport, Application) = (new Side(input.Reader, output.Writer), new Side(output.Reader, input.Writer));
        (_received, _toSend) = (input.Writer, output.Reader);
        Features.Set(lease);
    }

    /// <summary>Begins to receive and send.</summary>
    public void Start()
    {
        var sending = SendAsync();
        _work = Task.WhenAll(ReceiveAsync(sending), sending);
        _lease.EndBy(() => Abort(new ConnectionAbortedException("The connection gave way to others.")));
    }

    /// <summary>Cuts it off.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Close(abortReason);
        _toSend.CancelPendingRead();
    }

    /// <summary>Sends what is written already, unless it was cut off, and closes it.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Transport!.Input.CompleteAsync();
        await Transport.Output.CompleteAsync();
        try
        {
            await _work.WaitAsync(ConnectionTimes.Taken, _time);
        }
        catch (TimeoutException)
        {
            // Whoever takes what is left by and by must not hold up the silo's end.
            Abort(new ConnectionAbortedException("What was left to send took too long."));
            await _work;
        }

        _closed.Dispose();
        await base.DisposeAsync();
    }

    async Task ReceiveAsync(Task sending)
    {
        Exception? error = null;
        try
        {
            for (var size = LeastBuffer; ;)
            {
                // A connection that says nothing holds no buffer.
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                var buffer = _received.GetMemory(size);
                var count = await _socket.ReceiveAsync(buffer, SocketFlags.None);
                if (count == 0)
                    break;
                size = count == buffer.Length ? Math.Min(2 * size, MostBuffer) : LeastBuffer;
                _received.Advance(count);
                if (await _received.FlushAsync() is { IsCompleted: true } or { IsCanceled: true })
                    break;
            }
        }
        catch (SocketException e)
        {
            error = new ConnectionResetException(e.Message, e);
        }
        catch (Exception e)
        {
            error = e; // whoever reads hears of it, if this side has not closed the connection
        }

        await _received.CompleteAsync(_reason ?? error);
        if (_answersLast && error is null)
            await AnsweredAsync(sending);
        await Task.Yield(); // whoever waits for the end does its work elsewhere
        await _closed.CancelAsync();
    }

    // Kestrel drops the answer to a connection that is closed. A peer that has only ended its side, as 'nc -N' does, waits for it; one
    // that is gone altogether is noticed as soon as something is sent to it, or after a while.
    async Task AnsweredAsync(Task sending)
    {
        try
        {
            await sending.WaitAsync(ConnectionTimes.Taken, _time);
        }
        catch (TimeoutException)
        {
            // It may wait on, and whoever works on the answer hears that nobody may hear it.
        }
    }

    async Task SendAsync()
    {
        ConnectionAbortedException? reason = null;
        try
        {
            while (await _toSend.ReadAsync() is { IsCanceled: false } read)
            {
                if (read.Buffer.IsSingleSegment)
                {
                    if (!read.Buffer.IsEmpty)
                        await WithinAsync(_socket.SendAsync(read.Buffer.First, SocketFlags.None).AsTask());
                }
                else
                {
                    var bytes = 0;
                    foreach (var part in read.Buffer)
                    {
                        _segments.Add(MemoryMarshal.TryGetArray(part, out var segment) ? segment : part.ToArray());
                        if ((bytes += part.Length) < MostAtOnce)
                            continue;
                        await SendSegmentsAsync();
                        bytes = 0;
                    }

                    if (_segments.Count > 0)
                        await SendSegmentsAsync();
                }

                _toSend.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception e)
        {
            reason = new ConnectionAbortedException(e.Message, e);
        }

        Close(reason ?? new ConnectionAbortedException("All was sent."));
        await _toSend.CompleteAsync();
        _received.CancelPendingFlush();
    }

    async Task SendSegmentsAsync()
    {
        await WithinAsync(_socket.SendAsync(_segments, SocketFlags.None));
        _segments.Clear();
    }

    Task WithinAsync(Task sending) => sending.IsCompleted ? sending : sending.WaitAsync(ConnectionTimes.Taken, _time);

    // Kestrel gives no reason where there is nobody to hear it.
    void Close(ConnectionAbortedException? reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason ?? new ConnectionAbortedException(), null) is not null)
            return;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or it had to give way while it was handed on.
        }

        _socket.Dispose();
        _lease.Release();
    }

    sealed record Side(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
