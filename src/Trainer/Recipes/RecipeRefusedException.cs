using CoKe.Errors;

namespace CoKe.Trainer.Recipes;

/// <summary>A recipe that cannot be run. Nothing was begun.</summary>
/// <param name="field">The key.</param>
/// <param name="value">Its value.</param>
/// <param name="message">Begins with file and line, and says the remedy.</param>
/// <param name="inner">What was said about it elsewhere.</param>
public sealed class RecipeRefusedException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);
