using CoKe.Errors;

namespace CoKe.Learning.Resume;

/// <summary>A run cannot be continued from what its folder holds, or must not be replaced. Nothing was changed.</summary>
/// <param name="field">The option or file that was refused.</param>
/// <param name="value">Its value.</param>
/// <param name="message">One sentence that says the remedy.</param>
/// <param name="inner">What the file system or the format said.</param>
public sealed class ResumeRefusedException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);
