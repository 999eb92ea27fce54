using System.Buffers;
using System.IO.Pipelines;

namespace CoKe.Access;

/// <summary>What a frame says.</summary>
enum FrameKind : byte
{
    Hello = 1,
    Challenge = 2,
    Proof = 3,
    Welcome = 4,
    Refused = 5,
    Secured = 6,
}

/// <summary>
/// One message of a handshake, always <see cref="Size"/> bytes: <c>CoKe</c>, version, kind, one detail, 32 bytes. Orleans begins a
/// connection with a length below 1024 in four bytes and TLS with 0x16, so that the first byte tells all three apart.
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Detail">A <see cref="Purpose"/> or an <see cref="AccessRefusal"/>.</param>
/// <param name="Content">A nonce, a proof, or zeros; 32 bytes.</param>
readonly record struct Frame(FrameKind Kind, byte Detail, byte[] Content)
{
    public const int ContentSize = 32,
        Size = 7 + ContentSize;
    const byte Version = 1;

    public const byte TlsRecord = 0x16;

    public static ReadOnlySpan<byte> Mark => "CoKe"u8;

    public static Frame Refusing(AccessRefusal refusal) => new(FrameKind.Refused, (byte)refusal, new byte[ContentSize]);

    public byte[] ToBytes() => [.. Mark, Version, (byte)Kind, Detail, .. Content];

    /// <summary>Whether bytes may begin a frame, as far as they go.</summary>
    public static bool MayBegin(ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[4];
        start = start[..(int)Math.Min(start.Length, bytes.Length)];
        bytes.Slice(0, start.Length).CopyTo(start);
        return Mark.StartsWith(start);
    }

    /// <summary>The frame that bytes begin with; null: they are none, or one of another version.</summary>
    public static Frame? Parse(ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length < Size || !MayBegin(bytes))
            return null;
        var all = bytes.Slice(0, Size).ToArray();
        return all[4] == Version ? new Frame((FrameKind)all[5], all[6], all[7..]) : null;
    }

    /// <summary>Sends a frame.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, Frame frame, CancellationToken cancellation)
    {
        var flushed = await output.WriteAsync(frame.ToBytes(), cancellation);
        if (flushed.IsCanceled)
            throw new OperationCanceledException();
    }

    /// <summary>Takes one frame from the input, and nothing after it. At most <see cref="Size"/> bytes are waited for.</summary>
    /// <returns>Null: something else came, and was left in the input, or the peer hung up.</returns>
    public static async ValueTask<Frame?> ReadAsync(PipeReader input, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            if (read.IsCanceled)
            {
                input.AdvanceTo(read.Buffer.Start);
                throw new OperationCanceledException();
            }

            if (!MayBegin(read.Buffer) || (read.IsCompleted && read.Buffer.Length < Size))
            {
                input.AdvanceTo(read.Buffer.Start);
                return null;
            }

            if (read.Buffer.Length >= Size)
            {
                var frame = Parse(read.Buffer);
                input.AdvanceTo(read.Buffer.GetPosition(Size));
                return frame;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The first byte of the input, which stays in it; null: the peer hung up.</summary>
    public static async ValueTask<byte?> PeekAsync(PipeReader input, CancellationToken cancellation)
    {
        var read = await input.ReadAsync(cancellation);
        byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
        input.AdvanceTo(read.Buffer.Start);
        return read.IsCanceled ? throw new OperationCanceledException() : first;
    }
}
