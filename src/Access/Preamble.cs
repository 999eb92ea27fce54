using System.Buffers;
using System.IO.Pipelines;

namespace CoKe.Access;

/// <summary>Orleans' first words on a connection, which whoever calls says at once: a length in four bytes, and so many bytes.</summary>
static class Preamble
{
    const int LengthSize = 4,
        Longest = 1024;

    /// <summary>Waits until they are there, and leaves them in the input.</summary>
    /// <returns>False: something else came, or the peer hung up.</returns>
    public static async ValueTask<bool> HasComeAsync(PipeReader input, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            var length = Length(read.Buffer);
            var isWhole = length is > 0 and <= Longest && read.Buffer.Length >= LengthSize + length;
            var isHopeless = length is <= 0 or > Longest || read.IsCompleted || read.IsCanceled;
            if (isWhole || isHopeless)
            {
                input.AdvanceTo(read.Buffer.Start);
                return isWhole;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // Null: not all of it has come.
    static int? Length(ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        return reader.TryReadLittleEndian(out int length) ? length : null;
    }
}
