using CoKe.Errors;

namespace CoKe.Abstractions;

/// <summary>Something was received that nobody of this version would have sent.</summary>
/// <param name="type">What it claims to be.</param>
/// <param name="problem">What is wrong with it; ends the first part of the sentence.</param>
public sealed class InvalidMessageException(string type, string problem)
    : CokeException(
        type,
        "message",
        $"A message with {type} {problem}; it is damaged, or of another version: send it again by a program of this version."
    );
