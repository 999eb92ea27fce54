using CoKe.Errors;

namespace CoKe.Abstractions;

/// <summary>Values were received whose byte count cannot be true.</summary>
/// <param name="values">Their type.</param>
/// <param name="declared">The byte count that was read.</param>
/// <param name="received">The bytes that are left of the message.</param>
/// <param name="elementBytes">The bytes of one element.</param>
public sealed class InvalidValuesException(string values, long declared, long received, int elementBytes)
    : CokeException(
        values,
        $"{declared}",
        $"{values}: a length of {declared} bytes is not possible with {received} bytes left and elements of {elementBytes} bytes; "
            + "the message is damaged, send it again."
    );
