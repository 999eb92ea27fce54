using CoKe.Errors;

namespace CoKe.Learning.Distributed;

/// <summary>Trainers cannot work together: a library is missing, or one of its calls failed.</summary>
/// <param name="field">The library or call.</param>
/// <param name="value">What it answered.</param>
/// <param name="message">One sentence that says the remedy.</param>
public sealed class TrainerJobException(string field, string value, string message) : CokeException(field, value, message);
