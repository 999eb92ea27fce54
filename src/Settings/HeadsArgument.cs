using System.CommandLine.Parsing;
using System.Globalization;

namespace CoKe.Settings;

/// <summary>Numbers of clusters, as <c>coke</c> and trainers take them: with commas, or the option given several times.</summary>
public static class HeadsArgument
{
    /// <summary>Reads them; what is none is an error of the command line.</summary>
    public static int[] Parse(ArgumentResult result)
    {
        var texts = result.Tokens.SelectMany(token => token.Value.Split(',')).ToArray();
        var heads = new int[texts.Length];
        for (var h = 0; h < texts.Length; h++)
        {
            if (int.TryParse(texts[h], NumberStyles.None, CultureInfo.InvariantCulture, out heads[h]) && heads[h] > 0)
                continue;
            result.AddError($"--heads '{texts[h]}' is no number of clusters: write for instance --heads 100,200.");
            return [];
        }

        return heads;
    }
}
