using System.Buffers;
using System.IO.Pipelines;

namespace CoKe.Access;

/// <summary>
/// The transport of a caller without a token. It says nothing of its own, so that Orleans' first words are the connection's; but it looks
/// at what the silo says first, to tell one that refuses from a broken one.
/// </summary>
/// <param name="below">The transport.</param>
/// <param name="judge">Gets the first bytes, when there are enough; throws when they are a refusal.</param>
sealed class FirstWords(IDuplexPipe below, Action<ReadOnlySequence<byte>> judge) : IDuplexPipe
{
    public PipeReader Input { get; } = new Reader(below.Input, judge);

    public PipeWriter Output => below.Output;

    sealed class Reader(PipeReader input, Action<ReadOnlySequence<byte>> judge) : PipeReader
    {
        bool _judged;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            _judged ? input.ReadAsync(cancellationToken) : FirstAsync(cancellationToken);

        public override bool TryRead(out ReadResult result)
        {
            if (!input.TryRead(out result))
                return false;
            Judge(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => input.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => input.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => input.CancelPendingRead();

        public override void Complete(Exception? exception = null) => input.Complete(exception);

        async ValueTask<ReadResult> FirstAsync(CancellationToken cancellation)
        {
            while (true)
            {
                var result = await input.ReadAsync(cancellation);
                if (result.Buffer.Length >= Frame.Size || result.IsCompleted || result.IsCanceled || !Frame.MayBegin(result.Buffer))
                {
                    Judge(result);
                    return result;
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }

        void Judge(ReadResult result)
        {
            if (_judged)
                return;
            _judged = true;
            try
            {
                judge(result.Buffer);
            }
            catch
            {
                input.AdvanceTo(result.Buffer.Start);
                throw;
            }
        }
    }
}
