using System.CommandLine;
using System.Globalization;
using CoKe.Cli.CommandLine;

namespace CoKe.Cli.Sizes;

/// <summary>The options of the exact step that <c>cluster</c> and <c>assign</c> share.</summary>
static class SizeOptions
{
    /// <summary>--max-size-ratio.</summary>
    /// <param name="condition">When it can be given; may be empty.</param>
    public static Option<double?> MaximumRatio(string condition = "")
    {
        var option = new Option<double?>("--max-size-ratio")
        {
            Description = $"No cluster holds more than RATIO N / K rows, rounded up; 1 or more. Default: no maximum.{condition}",
            HelpName = "RATIO",
        };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (
                    double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
                    && !(ratio >= 1 && double.IsFinite(ratio))
                )
                {
                    result.AddError(
                        $"--max-size-ratio {token.Value} cannot be: give a number of 1 or more; 1 lets no cluster grow above the mean size."
                    );
                }
            }
        });
        return option;
    }

    /// <summary>--size-passes.</summary>
    public static Option<int?> Passes(string condition = "")
    {
        var option = new Option<int?>("--size-passes")
        {
            Description =
                "Passes over the rows that the search for the best labels of these sizes takes at most. When they are used up, a few "
                + "more put the sizes right, and the gap to the best labels is said. Default: by N and K."
                + condition,
            HelpName = "N",
        };
        option.Validators.Add(result => Refusals.Below(result, 1));
        return option;
    }
}
