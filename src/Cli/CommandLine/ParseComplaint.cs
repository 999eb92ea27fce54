using System.CommandLine;
using System.CommandLine.Parsing;
using CoKe.Errors;

namespace CoKe.Cli.CommandLine;

/// <summary>What is wrong with a command line, in a sentence that says what would be right.</summary>
static class ParseComplaint
{
    /// <summary>What is wrong, and can be mended by a word; else the first thing that is wrong.</summary>
    /// <param name="parse">A command line with errors.</param>
    public static string Of(ParseResult parse)
    {
        if (parse.UnmatchedTokens is [{ } strange, ..] && NearestWord.Of(strange, Words(parse.CommandResult)) is { } nearest)
            return $"There is no '{strange}' here: did you mean '{nearest}'?";
        var ofValue = parse
            .Errors.Select(error => error.SymbolResult is OptionResult { Tokens: [{ } token, ..] } of ? OfValue(of, token.Value) : null)
            .FirstOrDefault(sentence => sentence is not null);
        return ofValue ?? parse.Errors[0].Message.TrimEnd();
    }

    // Of a value that is not of the option's type the parser says only the type's name.
    static string? OfValue(OptionResult option, string given)
    {
        var name = option.IdentifierToken?.Value ?? option.Option.Name;
        var type = Nullable.GetUnderlyingType(option.Option.ValueType) ?? option.Option.ValueType;
        var isGood =
            type.IsEnum ? Enum.TryParse(type, given, ignoreCase: true, out _)
            : type == typeof(int) ? int.TryParse(given, out _)
            : type != typeof(double) || double.TryParse(given, out _);
        return isGood ? null
            : type.IsEnum ? $"{name} {given} is none of {string.Join(", ", Enum.GetNames(type).Select(one => one.ToLowerInvariant()))}."
            : type == typeof(int) ? $"{name} {given} is no whole number: give one such as 10."
            : $"{name} {given} is no number: give one such as 0.5.";
    }

    // What could stand where the command line went wrong.
    static IEnumerable<string> Words(CommandResult at)
    {
        foreach (var child in at.Command.Subcommands)
            yield return child.Name;
        for (SymbolResult? one = at; one is not null; one = one.Parent)
        {
            if (one is not CommandResult command)
                continue;
            foreach (var option in command.Command.Options.Where(option => one == at || option.Recursive))
                yield return option.Name;
        }
    }
}
