namespace CoKe.Errors;

/// <summary>
/// Input that was refused. The message is one sentence with field, value and remedy, in which what a stranger wrote is seen and steers
/// nothing (<see cref="VisibleText"/>); nothing has changed.
/// </summary>
public abstract class CokeException : Exception
{
    /// <summary>Refuses <paramref name="value"/> of <paramref name="field"/>.</summary>
    protected CokeException(string field, string value, string message, Exception? inner = null)
        : base(VisibleText.Sentence(message), inner)
    {
        // In Data, because that is what serializers of exceptions carry from one process to another.
        Data[nameof(Field)] = field;
        Data[nameof(Value)] = value;
    }

    /// <summary>What was wrong: an option, a row, an image id, a file.</summary>
    public string Field => Data[nameof(Field)] as string ?? "";

    /// <summary>The refused value, as text.</summary>
    public string Value => Data[nameof(Value)] as string ?? "";
}

/// <summary>An option that makes no sense.</summary>
public sealed class InvalidOptionsException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);

/// <summary>A file that is truncated, has a wrong header, or does not hold what it should. The field is the file's name.</summary>
public sealed class InvalidFileException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);
