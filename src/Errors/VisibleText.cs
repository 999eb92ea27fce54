using System.Buffers;
using System.Globalization;
using System.Text;

namespace CoKe.Errors;

/// <summary>
/// Text of others, such as names of files, runs and classes, as it may be shown: what would steer a terminal, turn the direction of
/// writing, or be seen by nobody, stands there as an escape, <c>\u001b</c>. All else stays as it is.
/// </summary>
public static class VisibleText
{
    /// <summary>Characters of a sentence at most. A file may declare a name of megabytes.</summary>
    public const int LongestSentence = 4_000;

    // Of a sentence that is too long: the end has the remedy.
    const int End = 1_000;

    const string Omitted = " [...] ";

    // Letters of Persian and Indian names, and pictures of people, are joined and kept apart by these two.
    const char NonJoiner = '\u200c',
        Joiner = '\u200d';

    /// <summary>Text of several lines: ends of lines and tabs stay.</summary>
    public static string Of(string text) => Escaped(text, keepsLines: true);

    /// <summary>Text that is to be one line: ends of lines are escaped too.</summary>
    public static string Line(string text) => Escaped(text, keepsLines: false);

    /// <summary>A sentence that may hold what others wrote: one line, in which the end of a line is a space, of bounded length.</summary>
    public static string Sentence(string text)
    {
        var line = Line(text.Length > 2 * LongestSentence ? Shortened(text, LongestSentence) : text.ReplaceLineEndings(" "));
        return line.Length > LongestSentence ? Shortened(line, LongestSentence) : line;
    }

    static string Shortened(string text, int most)
    {
        var (start, end) = (most - End - Omitted.Length, text.Length - End);
        if (char.IsLowSurrogate(text[start]))
            start--; // half a character is none
        if (char.IsLowSurrogate(text[end]))
            end++;
        return string.Concat(text.AsSpan(0, start), Omitted, text.AsSpan(end)).ReplaceLineEndings(" ");
    }

    static string Escaped(string text, bool keepsLines)
    {
        var rest = text.AsSpan();
        StringBuilder? shown = null;
        while (!rest.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (isRune && (keepsLines && IsLayout(rest) || !IsHidden(rune)))
            {
                shown?.Append(rest[..length]);
            }
            else
            {
                shown ??= new StringBuilder(text.Length + 16).Append(text.AsSpan(0, text.Length - rest.Length));
                Append(shown, rest[..length]);
            }

            rest = rest[length..];
        }

        return shown?.ToString() ?? text;
    }

    // A carriage return by itself would have the line written over.
    static bool IsLayout(ReadOnlySpan<char> rest) => rest[0] is '\n' or '\t' || rest.StartsWith("\r\n");

    static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
            UnicodeCategory.Format => rune.Value is not (NonJoiner or Joiner),
            _ => false,
        };

    static void Append(StringBuilder shown, ReadOnlySpan<char> hidden)
    {
        foreach (var unit in hidden)
        {
            _ = unit switch
            {
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                _ => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
            };
        }
    }
}
