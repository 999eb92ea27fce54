using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using CoKe.Abstractions.Serialization;
using CoKe.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace CoKe.Abstractions.Hosting;

/// <summary>
/// Looks at every message of a connection before Orleans does, and ends the connection where one is nested so deeply that reading it would
/// end the process, see <see cref="Nesting"/>, or where a client's does not come to its end, see <see cref="UnfinishedMessages"/>. Stands behind
/// whatever asks who is there.
/// </summary>
/// <remarks>
/// Orleans says first who it is, a length and so many bytes; every message after that is the length of its header, the length of its body,
/// and both. What is longer than Orleans takes it refuses by itself.
/// </remarks>
public static partial class NestingGuard
{
    // Of a header only some parts are values, and nobody outside of Orleans knows which. Those of Orleans have a few hundred such bytes.
    const int MostInHeader = 4_096;

    static readonly Occasions s_refused = new();

    /// <summary>Has the messages of connections looked at.</summary>
    /// <param name="builder">Of the connections, in either direction.</param>
    /// <param name="fromClients">Whether whoever sends them need not be trusted: then references are counted too, and unfinished messages are bounded.</param>
    public static void AddTo(IConnectionBuilder builder, bool fromClients = false)
    {
        var mostChained = fromClients ? Nesting.MostChained : int.MaxValue;
        var log = (builder.ApplicationServices.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(typeof(NestingGuard).FullName!);
        var unfinished = fromClients ? new UnfinishedMessages(builder.ApplicationServices.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System) : null;
        builder.Use(next => async context =>
        {
            var below = context.Transport;
            var part = unfinished?.Open(reason => Refuse(reason));
            context.Transport = new Looked(new Reader(below.Input, () => RefuseNested(), mostChained, part), below.Output);
            try
            {
                await next(context);
            }
            finally
            {
                part?.Set(0, isAnother: false);
                context.Transport = below;
            }

            InvalidMessageException RefuseNested()
            {
                var refusal = new InvalidMessageException("values within values", $"has more than {Nesting.Deepest} of them in each other");
                Tell(refusal.Message);
                return refusal;
            }

            void Refuse(string reason)
            {
                Tell($"{reason}.");
                context.Abort(new ConnectionAbortedException($"The connection was ended: {reason}."));
            }

            void Tell(string reason)
            {
                if (log is not null && s_refused.IsTold(out var count)) LogRefused(log, count, $"{context.RemoteEndPoint}", reason);
            }
        });
    }

    /// <summary>Whether a message would be read by too many calls within calls.</summary>
    internal static bool IsTooDeep(ReadOnlySequence<byte> header, ReadOnlySequence<byte> body, int mostChained = int.MaxValue) =>
        Nesting.Bound(header) > MostInHeader || Nesting.Depth(body, mostChained: mostChained) > Nesting.Deepest;

    sealed record Looked(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A reader that looks at messages as soon as they are whole: Orleans reads none before.</summary>
    internal sealed class Reader(PipeReader input, Func<Exception> refuse, int mostChained = int.MaxValue, UnfinishedMessages.Part? unfinished = null) : PipeReader
    {
        const int LengthSize = sizeof(int);

        ReadOnlySequence<byte> _buffer;
        long _looked; // bytes of the buffer, or of what will come, that need no look any more
        bool _greeted;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Look(await input.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            if (!input.TryRead(out result)) return false;
            Look(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            _looked = Math.Max(0, _looked - _buffer.Slice(_buffer.Start, consumed).Length);
            _buffer = default;
            input.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => input.CancelPendingRead();

        public override void Complete(Exception? exception = null) => input.Complete(exception);

        ReadResult Look(ReadResult result)
        {
            _buffer = result.Buffer;
            var before = _looked;
            while (_looked <= _buffer.Length)
            {
                var rest = _buffer.Slice(_looked);
                var (frame, header, body) = Next(rest);
                // The greeting is short, and its reader takes the length first.
                if (frame is not { } length || (_greeted && length > rest.Length)) break;
                if (_greeted && IsTooDeep(rest.Slice(2 * LengthSize, header), rest.Slice((2 * LengthSize) + header, body), mostChained))
                {
                    AdvanceTo(_buffer.Start);
                    throw refuse();
                }

                _greeted = true;
                _looked += length;
            }

            unfinished?.Set(Math.Max(0, _buffer.Length - _looked), isAnother: _looked > before);
            return result;
        }

        // The next frame's length, once it is known, and of its parts.
        (long? Frame, long Header, long Body) Next(ReadOnlySequence<byte> rest)
        {
            Span<byte> lengths = stackalloc byte[_greeted ? 2 * LengthSize : LengthSize];
            if (rest.Length < lengths.Length) return (null, 0, 0);
            rest.Slice(0, lengths.Length).CopyTo(lengths);
            long first = BinaryPrimitives.ReadInt32LittleEndian(lengths), second = _greeted ? BinaryPrimitives.ReadInt32LittleEndian(lengths[LengthSize..]) : 0;
            return first < 0 || second < 0 ? (null, 0, 0) : (lengths.Length + first + second, first, second);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{count} connections were ended so far for a message that cannot be read, the last one from {peer}: {reason}")]
    static partial void LogRefused(ILogger log, long count, string peer, string reason);
}
