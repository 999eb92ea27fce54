using System.Text.RegularExpressions;
using CoKe.Errors;

namespace CoKe.Fuzzing.Inputs;

/// <summary>What came of one input.</summary>
/// <param name="Outcome">In a few words, without what differs from input to input.</param>
/// <param name="Fault">What is wrong with that; null: nothing.</param>
/// <param name="Bytes">Managed memory that was taken.</param>
/// <param name="Time">How long it took.</param>
readonly record struct Verdict(string Outcome, string? Fault, long Bytes, TimeSpan Time);

/// <summary>
/// Holds a reader to its promise: whatever comes, it returns or refuses in one sentence, takes little memory, and leaves no file behind.
/// </summary>
static partial class Judge
{
    const int LongestOutcome = 60;

    /// <summary>Has a reader read.</summary>
    public static Verdict Of(FuzzTarget target, byte[] input)
    {
        var (bytes, began) = (GC.GetTotalAllocatedBytes(), TimeProvider.System.GetTimestamp());
        string outcome;
        string? fault = null;
        try
        {
            outcome = target.Read(input);
        }
        catch (Exception e) when (e is CokeException || target.MayThrow?.Invoke(e) == true)
        {
            outcome = $"{e.GetType().Name}: {e.Message}";
            if (e is CokeException or InvalidDataException)
                fault = ProblemOf(e.Message); // Orleans has words of its own
        }
        catch (Exception e)
        {
            outcome = e.GetType().Name;
            fault = $"It threw {e}";
        }

        var taken = GC.GetTotalAllocatedBytes() - bytes;
        var most = target.BytesAllowed + (target.BytesPerByte * input.Length);
        if (taken > most)
            fault ??= $"It took {taken:N0} bytes of memory for an input of {input.Length:N0}, more than {most:N0}: {outcome}";
        return new(Normalized(outcome), fault, taken, TimeProvider.System.GetElapsedTime(began));
    }

    /// <summary>Why a text is no sentence for people; null: it is one.</summary>
    public static string? ProblemOf(string sentence) =>
        string.IsNullOrWhiteSpace(sentence) ? "It refused without a word."
        : sentence.Length > VisibleText.LongestSentence ? $"It refused with {sentence.Length:N0} characters."
        : VisibleText.Line(sentence) != sentence ? $"It refused with what is no single line of visible text: {VisibleText.Line(sentence)}"
        : null;

    static string Normalized(string outcome)
    {
        var words = Names().Replace(outcome.Length > 4 * LongestOutcome ? outcome[..(4 * LongestOutcome)] : outcome, "#");
        return words.Length > LongestOutcome ? words[..LongestOutcome] : words;
    }

    // Paths, what is in quotes, numbers and escapes differ from one input to the next.
    [GeneratedRegex("""(/\S+)|('[^']*')|("[^"]*")|(\\u[0-9a-f]{4})|([-+]?[0-9][0-9.,e+]*)|([^\x20-\x7e]+)""")]
    private static partial Regex Names();
}
