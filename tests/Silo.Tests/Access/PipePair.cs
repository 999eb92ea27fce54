using System.Buffers;
using System.IO.Pipelines;

namespace CoKe.Silo.Tests.Access;

/// <summary>Two ends of one connection, and all that went over it.</summary>
sealed class PipePair
{
    public PipePair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        Caller = new End(back.Reader, new Tap(there.Writer, Wire));
        Listener = new End(there.Reader, new Tap(back.Writer, Wire));
    }

    public IDuplexPipe Caller { get; }

    public IDuplexPipe Listener { get; }

    /// <summary>Every byte that was written, by either.</summary>
    public ArrayBufferWriter<byte> Wire { get; } = new();

    sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    sealed class Tap(PipeWriter to, ArrayBufferWriter<byte> seen) : PipeWriter
    {
        Memory<byte> _lent;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _lent = to.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            lock (seen)
                seen.Write(_lent.Span[..bytes]);
            to.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            to.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => to.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => to.Complete(exception);
    }
}
