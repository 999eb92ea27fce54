using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CoKe.Trainer.Recipes;

/// <summary>A type of values in a recipe, with its range.</summary>
/// <param name="Takes">What it takes, in words that continue "it takes".</param>
/// <param name="Read">The value, or false where the node holds none.</param>
/// <param name="Write">The value as it is written in a recipe.</param>
sealed record ValueKind<T>(string Takes, ValueKind<T>.Reader Read, Func<T, object> Write)
{
    public delegate bool Reader(YamlNode node, out T value);
}

/// <summary>The types of values.</summary>
static class ValueKind
{
    public static ValueKind<int> Whole(int least, int most = int.MaxValue) =>
        new(
            most == int.MaxValue ? $"a whole number of at least {least}" : $"a whole number from {least} to {most}",
            (YamlNode node, out int value) =>
                int.TryParse(Plain(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= least
                && value <= most,
            value => value
        );

    /// <summary>A number; NaN and infinities are none.</summary>
    public static ValueKind<double> Number(string takes, Func<double, bool> isIn) =>
        new(
            takes,
            (YamlNode node, out double value) =>
                double.TryParse(Plain(node), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && double.IsFinite(value)
                && isIn(value),
            value => value
        );

    public static ValueKind<double> Share { get; } = Number("a number from 0 to 1", value => value is >= 0 and <= 1);

    public static ValueKind<double> Positive { get; } = Number("a number above 0", value => value > 0);

    public static ValueKind<double> NotNegative { get; } = Number("a number of at least 0", value => value >= 0);

    public static ValueKind<double> BelowOne { get; } = Number("a number from 0 to below 1", value => value is >= 0 and < 1);

    public static ValueKind<double> ShareAboveZero { get; } = Number("a number above 0 and at most 1", value => value is > 0 and <= 1);

    public static ValueKind<bool> Flag { get; } = Choice(("true", true), ("false", false)) with { Write = value => value };

    public static ValueKind<string> Text { get; } =
        new("text", (YamlNode node, out string value) => (value = (node as YamlScalarNode)?.Value ?? "").Length > 0, value => value);

    /// <summary>One or more whole numbers, as a list; on the command line also with commas alone.</summary>
    public static ValueKind<IReadOnlyList<int>> Wholes { get; } =
        new(
            "one or more whole numbers of at least 1, as [10, 20]",
            (YamlNode node, out IReadOnlyList<int> value) =>
            {
                var texts = node is YamlSequenceNode list
                    ? list.Children.Select(Plain)
                    : (Plain(node) ?? "").Split(',').Select(text => text.Trim());
                var read = new List<int>();
                value = read;
                foreach (var text in texts)
                {
                    if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) || whole < 1)
                        return false;
                    read.Add(whole);
                }
                return read.Count > 0;
            },
            value => value
        );

    public static ValueKind<T> Choice<T>(params (string Name, T Value)[] names)
        where T : notnull =>
        new(
            string.Join(" or ", names.Select(name => name.Name)),
            (YamlNode node, out T value) =>
            {
                var found = Array.FindIndex(names, name => name.Name == (node as YamlScalarNode)?.Value);
                value = found < 0 ? names[0].Value : names[found].Value;
                return found >= 0;
            },
            value => names.First(name => name.Value.Equals(value)).Name
        );

    /// <summary>Text in quotes is no number.</summary>
    static string? Plain(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any } scalar ? scalar.Value : null;
}
