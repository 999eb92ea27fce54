using System.Buffers;
using System.IO.Pipelines;

namespace CoKe.Access;

/// <summary>
/// The transport of a side that has neither token nor TLS. It says nothing of its own, so that Orleans' first words are the connection's;
/// but it looks at what the peer says first, to tell a peer that asks for more from a broken one.
/// </summary>
/// <param name="below">The transport.</param>
/// <param name="judge">Gets the first four bytes; throws when they are not Orleans'.</param>
internal sealed class FirstWords(IDuplexPipe below, Action<ReadOnlySequence<byte>> judge) : IDuplexPipe
{
    public PipeReader Input { get; } = new Reader(below.Input, judge);

    public PipeWriter Output => below.Output;

    sealed class Reader(PipeReader input, Action<ReadOnlySequence<byte>> judge) : PipeReader
    {
        const int Needed = 4;

        bool _judged;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => _judged ? input.ReadAsync(cancellationToken) : JudgeAsync(cancellationToken);

        public override bool TryRead(out ReadResult result)
        {
            if (!input.TryRead(out result)) return false;
            Judge(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => input.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => input.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => input.CancelPendingRead();

        public override void Complete(Exception? exception = null) => input.Complete(exception);

        async ValueTask<ReadResult> JudgeAsync(CancellationToken cancellation)
        {
            var result = await input.ReadAsync(cancellation);
            Judge(result);
            return result;
        }

        void Judge(ReadResult result)
        {
            if (_judged || result.Buffer.Length < Needed) return;
            _judged = true;
            try
            {
                judge(result.Buffer.Slice(0, Needed));
            }
            catch
            {
                input.AdvanceTo(result.Buffer.Start);
                throw;
            }
        }
    }
}
