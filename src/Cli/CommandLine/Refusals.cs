using System.CommandLine.Parsing;
using System.Globalization;

namespace CoKe.Cli.CommandLine;

/// <summary>Refuses values of options while the command line is parsed, so that nothing starts.</summary>
static class Refusals
{
    /// <summary>An option that takes a number of at least <paramref name="least"/>.</summary>
    public static void Below(OptionResult result, int least)
    {
        foreach (var token in result.Tokens)
        {
            if (int.TryParse(token.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value < least)
            {
                result.AddError($"{result.IdentifierToken?.Value} {value} is too small: give {least} or more.");
            }
        }
    }
}
