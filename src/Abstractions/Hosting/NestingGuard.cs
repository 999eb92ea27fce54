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
/// end the process, see <see cref="Nesting"/>, or where a client's does not come to its end, see <see cref="UnfinishedMessages"/>. Stands
/// behind whatever asks who is there.
/// </summary>
/// <remarks>
/// Orleans says first who it is, a length and so many bytes; every message after that is the length of its header, the length of its body,
/// and both. What is longer than Orleans takes it refuses by itself.
/// </remarks>
public static partial class NestingGuard
{
    // Of a header only some parts are values, and nobody outside of Orleans knows which. Those of Orleans have a few hundred such bytes.
    const int MostInHeader = 4_096;

    static readonly Occasions _s_refused = new(),
        _s_unfinished = new();

    // The first four bytes of a header: flags, then the direction.
    const uint TellsOfOtherPlaces = 1 << 7,
        DirectionMask = 0x000f_0000,
        Answer = 0x0002_0000;

    // Of the names of clients that live inside a silo.
    static ReadOnlySpan<byte> HostedClient => "hosted-"u8;

    // An eighth of the memory; what one run may keep before its turn is as much, see docs/security.md.
    static long MostUnfinished => Math.Min(512L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    /// <summary>Has the messages of connections looked at.</summary>
    /// <param name="builder">Of the connections, in either direction.</param>
    /// <param name="fromClients">Whether whoever sends them need not be trusted: then references are counted too, and unfinished messages
    /// are bounded.</param>
    public static void AddTo(IConnectionBuilder builder, bool fromClients = false)
    {
        var log = (builder.ApplicationServices.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(
            typeof(NestingGuard).FullName!
        );
        var unfinished = fromClients
            ? new UnfinishedMessages(
                builder.ApplicationServices.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System,
                MostUnfinished
            )
            : null;
        builder.Use(next =>
            async context =>
            {
                var below = context.Transport;
                var part = unfinished?.Open(Refuse);
                context.Transport = new Looked(new Reader(below.Input, fromClients, RefuseMessage, part), below.Output);
                try
                {
                    await next(context);
                }
                finally
                {
                    part?.Set(0, isAnother: false);
                    context.Transport = below;
                }

                InvalidMessageException RefuseMessage((string Field, string Reason) why)
                {
                    var refusal = new InvalidMessageException(why.Field, why.Reason);
                    if (log is not null && _s_refused.IsTold(out var count))
                        LogRefused(log, count, $"{context.RemoteEndPoint}", refusal.Message);
                    return refusal;
                }

                void Refuse(string reason)
                {
                    if (log is not null && _s_unfinished.IsTold(out var count))
                        LogUnfinished(log, count, $"{context.RemoteEndPoint}", reason);
                    context.Abort(new ConnectionAbortedException($"The connection was ended: {reason}."));
                }
            }
        );
    }

    /// <summary>Why a message must not be read; null: it may.</summary>
    static (string Field, string Reason)? Objection(bool fromClients, ReadOnlySequence<byte> header, ReadOnlySequence<byte> body)
    {
        if (fromClients && header.Length >= sizeof(uint))
        {
            Span<byte> first = stackalloc byte[sizeof(uint)];
            header.Slice(0, sizeof(uint)).CopyTo(first);
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(first);
            // Silos ask clients nothing. An answer finds whom it is for by a number that a stranger could guess, and no right is asked for
            // it.
            if ((packed & DirectionMask) == Answer)
                return ("an answer", "comes from a client, and clients are asked nothing");
            if ((packed & TellsOfOtherPlaces) != 0)
                return ("news of where grains are", "comes from a client, which knows of none");
        }

        return
            Nesting.Bound(header) > MostInHeader
            || Nesting.Depth(body, mostChained: fromClients ? Nesting.MostChained : int.MaxValue) > Nesting.Deepest
            ? ("values within values", $"has more than {Nesting.Deepest} of them in each other")
            : null;
    }

    sealed record Looked(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A reader that looks at messages as soon as they are whole: Orleans reads none before.</summary>
    internal sealed class Reader(
        PipeReader input,
        bool fromClients,
        Func<(string Field, string Reason), Exception> refuse,
        UnfinishedMessages.Part? unfinished = null
    ) : PipeReader
    {
        const int LengthSize = sizeof(int),
            LongestGreeting = 4_096;

        ReadOnlySequence<byte> _buffer;
        long _looked; // bytes of the buffer, or of what will come, that need no look any more
        bool _greeted;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await input.ReadAsync(cancellationToken);
            while (!MayGreet(result))
                result = await input.ReadAsync(cancellationToken);
            return Look(result);
        }

        public override bool TryRead(out ReadResult result)
        {
            if (!input.TryRead(out result) || !MayGreet(result))
                return false;
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
                if (frame is not { } length || (_greeted && length > rest.Length))
                    break;
                if (
                    _greeted
                    && Objection(fromClients, rest.Slice(2 * LengthSize, header), rest.Slice((2 * LengthSize) + header, body)) is { } why
                )
                {
                    AdvanceTo(_buffer.Start);
                    throw refuse(why);
                }

                _greeted = true;
                _looked += length;
            }

            unfinished?.Set(Math.Max(0, _buffer.Length - _looked), isAnother: _looked > before);
            return result;
        }

        // Who it says to be is heard whole before Orleans hears any of it. False: there is more to come, and what came was given back.
        bool MayGreet(in ReadResult result)
        {
            if (_greeted || !fromClients)
                return true;
            var (buffer, length) = (result.Buffer, Next(result.Buffer).Frame);
            if (length > LongestGreeting)
                throw Refused(("a greeting", "is longer than any client's"));
            var isWhole = length <= buffer.Length;
            if (!isWhole && buffer.Length <= LongestGreeting && !result.IsCompleted && !result.IsCanceled)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                return false;
            }

            return buffer.Slice(0, Math.Min(buffer.Length, LongestGreeting)).ToArray().AsSpan().IndexOf(HostedClient) < 0
                ? true
                : throw Refused(("the name of a silo's own client", "comes from elsewhere"));

            Exception Refused((string Field, string Reason) why)
            {
                input.AdvanceTo(buffer.Start);
                return refuse(why);
            }
        }

        // The next frame's length, once it is known, and of its parts.
        (long? Frame, long Header, long Body) Next(ReadOnlySequence<byte> rest)
        {
            Span<byte> lengths = stackalloc byte[_greeted ? 2 * LengthSize : LengthSize];
            if (rest.Length < lengths.Length)
                return (null, 0, 0);
            rest.Slice(0, lengths.Length).CopyTo(lengths);
            long first = BinaryPrimitives.ReadInt32LittleEndian(lengths),
                second = _greeted ? BinaryPrimitives.ReadInt32LittleEndian(lengths[LengthSize..]) : 0;
            return first < 0 || second < 0 ? (null, 0, 0) : (lengths.Length + first + second, first, second);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{count} connections were ended so far for a message that did not come to its end, the last one from {peer}: {reason}."
    )]
    static partial void LogUnfinished(ILogger log, long count, string peer, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{count} connections were ended so far for a message that cannot be read, the last one from {peer}: {reason}"
    )]
    static partial void LogRefused(ILogger log, long count, string peer, string reason);
}
