using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using CoKe.Access.Quotas;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Silo.Tests.Quotas;

/// <summary>A port that counts its connections, with real sockets.</summary>
public sealed class QuotaListenerTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly LogLines _log = new();
    QuotaListener? _listener;

    IPEndPoint Port => (IPEndPoint)_listener!.EndPoint;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _listener!.DisposeAsync();

    [Fact]
    public async Task Accept_WhoSpeaks_IsHandedOn_AndTheSilentAreNot()
    {
        Listen(pending: 4);
        var accepting = AcceptAsync();
        using var silent = await Stranger.ComeAsync(Port);
        using var speaking = await Stranger.ComeAsync(Port);
        await speaking.SayAsync(1, 2, 3);
        await using var connection = await accepting;
        var read = await connection.Transport.Input.ReadAtLeastAsync(3);
        Assert.Equal(new byte[] { 1, 2, 3 }, read.Buffer.FirstSpan.ToArray());
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        await connection.Transport.Output.WriteAsync(new byte[] { 4 });
        var heard = new byte[1];
        Assert.Equal((1, 4), (await speaking.HearAsync(heard), heard[0]));
        Assert.Equal((2, 0), _listener!.Count);
        Assert.True(connection.Features.Get<ConnectionLease>()!.Prove());
        Assert.Equal((1, 1), _listener.Count);
    }

    [Fact]
    public async Task Accept_MoreThanPending_TheOldestSilentIsClosed_AndTheLogCounts()
    {
        Listen(pending: 4);
        var accepting = AcceptAsync();
        using var speaking = await Stranger.ComeAsync(Port);
        await speaking.SayAsync(1);
        await using var connection = await accepting; // the oldest, but it has spoken
        var silent = await Stranger.ComeAsync(2 + 8, Port); // 3 of one address stay
        foreach (var closed in silent[..8])
            await closed.ClosedAsync();
        Assert.Equal((3, 0), _listener!.Count);
        Assert.True(connection.Features.Get<ConnectionLease>()!.Prove());
        Assert.Equal(["1", "2", "4", "8"], _log.Lines.Select(line => line.Split(' ')[0]));
        Assert.All(_log.Lines, line =>
            Assert.Contains("connections to the Test port were closed so far to keep room for others, the last one from 127.0.0.1:", line)
        );
        foreach (var stranger in silent)
            stranger.Dispose();
    }

    [Fact]
    public async Task Accept_SilentForTooLong_IsClosed()
    {
        Listen(pending: 4, patience: TimeSpan.Zero);
        _ = AcceptAsync();
        using var silent = await Stranger.ComeAsync(Port);
        await silent.ClosedAsync();
        Assert.Equal((0, 0), _listener!.Count);
    }

    [Fact]
    public async Task Accept_HangsUpWithoutAWord_IsForgotten()
    {
        Listen(pending: 4);
        var accepting = AcceptAsync();
        (await Stranger.ComeAsync(Port)).Dispose();
        using var speaking = await Stranger.ComeAsync(Port);
        await speaking.SayAsync(1);
        await using var connection = await accepting;
        Assert.InRange(_listener!.Count.Pending, 1, 2); // it hears of the first by and by
        await _listener.UnbindAsync();
        Assert.Null(await _listener.AcceptAsync());
    }

    [Fact]
    public async Task SpareFile_TurnsOneCallerAway_AndIsThereAgainForTheNext()
    {
        Listen(pending: 4);
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var spare = new SpareFile(TimeProvider.System);
        for (var i = 0; i < 2; i++)
        {
            using var caller = await Stranger.ComeAsync((IPEndPoint)listening.LocalEndPoint!);
            await spare.TurnAwayAsync(listening, CancellationToken.None);
            await caller.ClosedAsync();
        }

        await spare.TurnAwayAsync(listening, CancellationToken.None); // nobody waits, and it does not either
    }

    [Fact]
    public async Task Connection_AbortedWithoutAReason_IsClosed()
    {
        Listen(pending: 4);
        var accepting = AcceptAsync();
        using var speaking = await Stranger.ComeAsync(Port);
        await speaking.SayAsync(1);
        var connection = await accepting;
        connection.Abort(null!); // as Kestrel does it
        await speaking.ClosedAsync();
        await connection.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((0, 0), _listener!.Count);
    }

    [Fact]
    public async Task Connection_MuchInBothDirections_ArrivesWhole()
    {
        Listen(pending: 4);
        var accepting = AcceptAsync();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(Port);
        var sent = new byte[5 << 20];
        new Random(7).NextBytes(sent);
        var stream = tcp.GetStream();
        var sending = stream.WriteAsync(sent);
        var connection = await accepting;
        var echo = EchoAsync(connection, sent.Length);
        var heard = new byte[sent.Length];
        await stream.ReadExactlyAsync(heard).AsTask().WaitAsync(Patience);
        await sending;
        await echo;
        Assert.True(sent.AsSpan().SequenceEqual(heard));
        var closed = new TaskCompletionSource();
        connection.ConnectionClosed.Register(closed.SetResult);
        tcp.Close();
        // It may only have ended its side: it counts as gone when it has its answer.
        Assert.True((await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(Patience)).IsCompleted);
        await connection.Transport.Output.CompleteAsync();
        await closed.Task.WaitAsync(Patience);
        await connection.DisposeAsync();
        Assert.Equal((0, 0), _listener!.Count);
    }

    [Fact]
    public async Task Connection_WhosePeerHasEndedItsSide_CountsAsGoneAfterAWhileWithoutAnAnswer()
    {
        var time = new NotedTime();
        Listen(pending: 4, time: time);
        var (half, connection, closed) = await HalfClosedAsync(time.NextTimer);
        using var _ = half;
        time.Advance(ConnectionTimes.Taken - TimeSpan.FromSeconds(1));
        Assert.False(closed.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await closed.WaitAsync(Patience);
        // Whoever works on the answer has heard of it, and ends the connection.
        await connection.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((0, 0), _listener!.Count);
        await half.ClosedAsync();
    }

    [Fact]
    public async Task Connection_WhosePeerHasEndedItsSide_GivesWayToOthers()
    {
        Listen(pending: 4); // 3 of one address stay
        var (half, connection, closed) = await HalfClosedAsync();
        using var _ = half;
        var others = await Stranger.BeginAsync(2, Port);
        ConnectionContext[] spoken = [await AcceptAsync(), await AcceptAsync()];
        Assert.False(closed.IsCompleted);
        using var late = await Stranger.ComeAsync(Port);
        await closed.WaitAsync(Patience);
        await half.ClosedAsync();
        Assert.Equal((3, 0), _listener!.Count);
        foreach (var each in spoken.Prepend(connection))
            await each.DisposeAsync();
        foreach (var other in others)
            other.Dispose();
    }

    [Fact]
    public async Task Connection_WhoseAnswersNobodyReads_PausesWhatWritesThem_AndIsCutOffAfterAWhile()
    {
        var time = new NotedTime();
        Listen(pending: 4, time: time);
        var accepting = AcceptAsync();
        using var deaf = await Stranger.ComeAsync(Port);
        await deaf.SayAsync(1);
        var connection = await accepting;
        var closed = new TaskCompletionSource();
        connection.ConnectionClosed.Register(closed.SetResult);
        var answer = new byte[1 << 20];
        var written = 0L;
        var paused = new TaskCompletionSource();
        var writing = WriteAsync();
        await paused.Task.WaitAsync(Patience);
        time.Advance(ConnectionTimes.Taken - TimeSpan.FromSeconds(1));
        Assert.False(closed.Task.IsCompleted);
        // The system takes some of it, piece by piece; whichever it takes no more waits for this time and no longer.
        for (var waiting = time.NextTimer; !closed.Task.IsCompleted; waiting = time.NextTimer)
        {
            time.Advance(ConnectionTimes.Taken);
            await Task.WhenAny(closed.Task, waiting).WaitAsync(Patience);
        }

        Assert.True((await writing.WaitAsync(Patience)).IsCompleted);
        // The system's own buffers take some of it.
        Assert.InRange(written, SocketConnection.MostUnsent, SocketConnection.MostUnsent + (16 << 20));
        await connection.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((0, 0), _listener!.Count);

        async Task<FlushResult> WriteAsync()
        {
            while (true)
            {
                var flush = connection.Transport.Output.WriteAsync(answer).AsTask();
                written += answer.Length;
                if (!flush.IsCompleted)
                    paused.TrySetResult();
                if (await flush is { IsCompleted: true } end)
                    return end;
            }
        }
    }

    /// <summary>A clock that tells when somebody begins to wait by it.</summary>
    sealed class NotedTime : FakeTimeProvider
    {
        volatile TaskCompletionSource _timer = New();

        public Task NextTimer => _timer.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Exchange(ref _timer, New()).SetResult();
            return timer;
        }

        static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    void Listen(int pending, TimeSpan? patience = null, TimeProvider? time = null) =>
        _listener = new QuotaListener(
            new IPEndPoint(IPAddress.Loopback, 0),
            new QuotaPort(
                "Test",
                new PortLimits
                {
                    Connections = 2 * pending,
                    Pending = pending,
                    PerAddress = 2 * pending,
                    Patience = patience ?? Patience,
                    Deferral = TimeSpan.Zero,
                },
                CutsAtOnce: false
            ),
            _log,
            time ?? TimeProvider.System
        );

    /// <summary>One whose peer has asked something, and ended its side.</summary>
    /// <param name="waiting">Completes when somebody waits for the answer; null: that is not waited for.</param>
    async Task<(Stranger Peer, ConnectionContext Connection, Task Closed)> HalfClosedAsync(Task? waiting = null)
    {
        var accepting = AcceptAsync();
        var peer = await Stranger.ComeAsync(Port);
        await peer.SayAsync(1);
        var connection = await accepting;
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(closed.SetResult);
        peer.End();
        for (var ended = false; !ended;)
        {
            var read = await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(Patience);
            ended = read.IsCompleted;
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }

        await (waiting ?? Task.CompletedTask).WaitAsync(Patience);
        return (peer, connection, closed.Task);
    }

    async Task<ConnectionContext> AcceptAsync() => (await _listener!.AcceptAsync().AsTask().WaitAsync(Patience))!;

    static async Task EchoAsync(ConnectionContext connection, int length)
    {
        for (long done = 0; done < length;)
        {
            var read = await connection.Transport.Input.ReadAsync();
            foreach (var part in read.Buffer)
                await connection.Transport.Output.WriteAsync(part);
            done += read.Buffer.Length;
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }
    }

    sealed class LogLines : ILogger
    {
        readonly ConcurrentQueue<string> _lines = new();

        public string[] Lines => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue(formatter(state, exception));
    }
}
