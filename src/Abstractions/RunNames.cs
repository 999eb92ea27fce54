using System.Globalization;
using System.Text;

namespace CoKe.Abstractions;

/// <summary>
/// Names of runs that are called after a file: whatever the file's name is, a run can have the name, a shell passes it on as it is, and no
/// command takes it for an option.
/// </summary>
public static class RunNames
{
    // A number may have to follow, and a run's name has at most 64.
    const int Longest = 56;

    // Of a name that is kept by a number: enough for the few files of one folder.
    const int Digits = 6;

    /// <summary>The name of a run after a file's.</summary>
    /// <param name="stem">The file's name without its ending.</param>
    /// <param name="fallback">What the run is called where nothing of the name can stay.</param>
    /// <returns>
    /// Letters and digits of ASCII, '.', '_' and '-' stay, beginning with a letter, a digit or '_'; everything between becomes one '-'.
    /// Where neither letter nor digit is left, the fallback and a number that follows from the name, so that files of other names give
    /// other runs.
    /// </returns>
    public static string After(string stem, string fallback)
    {
        var name = new StringBuilder();
        foreach (var letter in stem)
        {
            if (char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_')
                name.Append(letter);
            else if (name.Length > 0 && name[^1] != '-')
                name.Append('-');
        }

        var text = name.ToString().Trim('-', '.');
        if (!text.Any(char.IsAsciiLetterOrDigit))
            return $"{fallback}-{Number(stem)}";
        return text[..Math.Min(text.Length, Longest)].TrimEnd('-', '.');
    }

    // FNV-1a: the same on every machine and in every version.
    static string Number(string text)
    {
        var hash = Encoding.UTF8.GetBytes(text).Aggregate(14695981039346656037UL, (sum, x) => (sum ^ x) * 1099511628211UL);
        return hash.ToString("x16", CultureInfo.InvariantCulture)[^Digits..];
    }
}
