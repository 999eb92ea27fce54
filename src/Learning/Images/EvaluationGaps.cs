using CoKe.Errors;

namespace CoKe.Learning.Images;

/// <summary>
/// What evaluation has to do without, one sentence each with its remedy. Whatever is read or measured for evaluation alone is tried by
/// this: training needs none of it, so nothing of it may end or undo training.
/// </summary>
public sealed class EvaluationGaps
{
    readonly Lock _sync = new();
    readonly List<string> _sentences = [];

    /// <summary>All so far, in the order in which they were found.</summary>
    public IReadOnlyList<string> Sentences
    {
        get
        {
            lock (_sync)
                return [.. _sentences];
        }
    }

    /// <summary>Notes one; the same one once.</summary>
    public void Add(string sentence)
    {
        lock (_sync)
            if (!_sentences.Contains(sentence))
                _sentences.Add(sentence);
    }

    /// <summary>Reads a file for evaluation; null, and noted, where it cannot be used.</summary>
    public T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
        {
            Add(e.Message);
            return null;
        }
    }

    /// <summary>Measures something; the default, and noted, where it cannot be done, for whatever reason but that it is to end.</summary>
    /// <param name="what">Begins the sentence about what nobody thought of.</param>
    /// <param name="measure">Does it.</param>
    /// <param name="cancellation">Ends it.</param>
    public T? Measure<T>(string what, Func<T> measure, CancellationToken cancellation)
    {
        try
        {
            return measure();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            Add(
                e is CokeException
                    ? e.Message
                    : $"{what} could not be measured ({e.Message.Split('\n')[0].TrimEnd('.', '\r')}): "
                        + "the run and its weights are whole; measure again by 'coke-train evaluate'."
            );
            return default;
        }
    }
}
