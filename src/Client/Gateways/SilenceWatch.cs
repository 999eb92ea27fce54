using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace CoKe.Client.Gateways;

/// <summary>
/// Cuts a connection to a gateway that was told something and has said nothing since. Orleans would leave what it has once sent there with
/// it for as long as the connection seems to hold, however many other gateways there are.
/// </summary>
sealed class SilenceWatch(TimeProvider time)
{
    /// <summary>Watches the connections of a client.</summary>
    public void Watch(IConnectionBuilder builder) => builder.Use(next => context => RunAsync(next, context));

    async Task RunAsync(ConnectionDelegate next, ConnectionContext context)
    {
        var below = context.Transport;
        var talk = new Talk(below, time);
        context.Transport = talk;
        await using var timer = time.CreateTimer(
            _ =>
            {
                if (talk.Silence > GatewayTimes.Silence)
                    context.Abort(
                        new ConnectionAbortedException($"{context.RemoteEndPoint} has not answered for {talk.Silence.TotalSeconds:f0} s.")
                    );
            },
            null,
            GatewayTimes.SilenceLook,
            GatewayTimes.SilenceLook
        );
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = below;
        }
    }

    /// <summary>The transport, and when it last spoke and heard.</summary>
    sealed class Talk : IDuplexPipe
    {
        readonly TimeProvider _time;
        long _unanswered; // since when something that was sent has no answer; 0: nothing has

        public Talk(IDuplexPipe below, TimeProvider time)
        {
            _time = time;
            Input = new Ear(below.Input, this);
            Output = new Mouth(below.Output, this);
        }

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public TimeSpan Silence => Volatile.Read(ref _unanswered) is var since && since == 0 ? TimeSpan.Zero : _time.GetElapsedTime(since);

        void Spoke() => Interlocked.CompareExchange(ref _unanswered, _time.GetTimestamp(), 0);

        void Heard() => Volatile.Write(ref _unanswered, 0);

        sealed class Ear(PipeReader input, Talk talk) : PipeReader
        {
            public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
            {
                var result = await input.ReadAsync(cancellationToken);
                talk.Heard();
                return result;
            }

            public override bool TryRead(out ReadResult result)
            {
                if (!input.TryRead(out result))
                    return false;
                talk.Heard();
                return true;
            }

            public override void AdvanceTo(SequencePosition consumed) => input.AdvanceTo(consumed);

            public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => input.AdvanceTo(consumed, examined);

            public override void CancelPendingRead() => input.CancelPendingRead();

            public override void Complete(Exception? exception = null) => input.Complete(exception);
        }

        sealed class Mouth(PipeWriter output, Talk talk) : PipeWriter
        {
            public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

            public override long UnflushedBytes => output.UnflushedBytes;

            public override void Advance(int bytes) => output.Advance(bytes);

            public override Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

            public override Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

            public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                talk.Spoke();
                return output.FlushAsync(cancellationToken);
            }

            public override void CancelPendingFlush() => output.CancelPendingFlush();

            public override void Complete(Exception? exception = null) => output.Complete(exception);
        }
    }
}
