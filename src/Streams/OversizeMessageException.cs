using CoKe.Errors;

namespace CoKe.Streams;

/// <summary>A message was refused by the process that produced it, because it is larger than a stream carries. Nothing was sent.</summary>
/// <param name="bytes">The size of the message.</param>
/// <param name="limit">The largest size that is carried.</param>
public sealed class OversizeMessageException(int bytes, int limit)
    : CokeException(
        nameof(ISized.SizeInBytes),
        $"{bytes}",
        $"A message of {bytes} bytes exceeds the {limit} bytes that a stream carries. "
            + "Send smaller mini-batches, or raise MaxMessageBytes in all processes."
    );
