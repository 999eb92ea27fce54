using CoKe.Errors;

namespace CoKe.Abstractions;

/// <summary>A block was received whose byte count cannot be true.</summary>
/// <param name="block">The type of the block.</param>
/// <param name="declared">The byte count that was read.</param>
/// <param name="received">The bytes that are left of the message.</param>
/// <param name="elementBytes">The bytes of one element.</param>
public sealed class InvalidBlockException(string block, long declared, long received, int elementBytes)
    : CokeException(
        block,
        $"{declared}",
        $"{block}: a length of {declared} bytes is not possible with {received} bytes left and elements of {elementBytes} bytes; "
            + "the message is damaged, send it again."
    );
