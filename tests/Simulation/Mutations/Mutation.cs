using System.Text.RegularExpressions;

namespace CoKe.Simulation.Mutations;

/// <summary>One clause of the protocol, taken out of the code that keeps it.</summary>
/// <param name="Rule">Of docs/protocol.md: 1 to 9.</param>
/// <param name="Clause">What no longer holds.</param>
/// <param name="Edits">Exact replacements. Several: the other clauses cover for the first, and only without all of them something
/// breaks.</param>
sealed record Mutation(int Rule, string Clause, params IReadOnlyList<Edit> Edits)
{
    /// <summary>Which other clauses keep a run right without this one; null: nothing does, and the simulation must find it
    /// missing.</summary>
    public string? CoveredBy { get; init; }

    /// <summary>The seed to begin with: of what takes so many things at once that it was found by one in tens of thousands.</summary>
    public int FirstSeed { get; init; }

    /// <summary>What is simulated without it: whole runs, or, for what they meet too rarely, one rule alone.</summary>
    public Scenario Scenario { get; init; } = Runs.RunScenario.Instance;

    /// <summary>Takes the clause out of the sources below a folder.</summary>
    /// <exception cref="DriftedException">An edit does not match exactly once.</exception>
    public void Apply(string folder)
    {
        foreach (var file in Edits.GroupBy(edit => edit.File))
        {
            var path = Path.Combine(folder, file.Key);
            File.WriteAllText(path, file.Aggregate(File.ReadAllText(path), (text, edit) => edit.In(text)));
        }
    }
}

/// <summary>Replaces a text that stands exactly once in a file, so that no mutation ever becomes one in name only.</summary>
/// <param name="File">From the repository's root.</param>
/// <param name="From">The text; how its lines are broken does not matter.</param>
/// <param name="To">What stands there instead; it compiles.</param>
sealed partial record Edit(string File, string From, string To)
{
    /// <exception cref="DriftedException">The text is not there exactly once.</exception>
    public string In(string source)
    {
        var matches = Text.Matches(source);
        if (matches.Count != 1)
            throw new DriftedException(this, matches.Count == 0 ? "not at all" : "more than once");
        var match = matches[0];
        return string.Concat(source.AsSpan(0, match.Index), To, source.AsSpan(match.Index + match.Length));
    }

    /// <summary>However the formatter breaks lines: what is no space must agree, and words stay apart. The match begins with the text
    /// itself: the line break before it may end a comment.</summary>
    Regex Text =>
        new(
            string.Concat(
                    Tokens.Matches(From).Select(token => char.IsWhiteSpace(token.Value[0]) ? @"\s+" : @"\s*" + Regex.Escape(token.Value))
                )
                .Remove(0, @"\s*".Length)
        );

    [GeneratedRegex(@"(?<=\w)\s+(?=\w)|\w+|[^\w\s]")]
    static partial Regex Tokens { get; }
}

/// <summary>The source has moved on, and a mutation of it has not.</summary>
sealed class DriftedException(Edit edit, string how)
    : Exception(
        $"{edit.File} has this text {how}; a mutation needs it exactly once, so change it with the source:{Environment.NewLine}{edit.From}"
    );
