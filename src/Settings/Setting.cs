using System.Globalization;
using CoKe.Errors;

namespace CoKe.Settings;

/// <summary>Where a setting came from; the higher one counts.</summary>
public enum Source
{
    /// <summary>Nobody said it.</summary>
    Default,

    /// <summary><c>appsettings.json</c>.</summary>
    File,

    /// <summary>A variable.</summary>
    Environment,

    /// <summary>An argument.</summary>
    CommandLine,
}

/// <summary>A value, and how the person who gave it wrote it.</summary>
/// <param name="Option">What it is of.</param>
/// <param name="Text">The value, as text.</param>
/// <param name="Source">Where it came from.</param>
public sealed record Setting(SettingOption Option, string Text, Source Source)
{
    /// <summary>The file.</summary>
    public const string FileName = "appsettings.json";

    /// <summary>As it was written, without its value.</summary>
    public string Name =>
        Source switch
        {
            Source.CommandLine => Option.Switch,
            Source.Environment => Option.Variable,
            _ => $"{SettingOption.Section}:{Option.Key} of {FileName}",
        };

    /// <summary>As it was written; a secret stays hidden.</summary>
    public override string ToString() =>
        Option.IsSecret || Option.Value is null
            ? Name
            : Source switch
            {
                Source.CommandLine => $"{Name} {Text}",
                Source.Environment => $"{Name}={Text}",
                _ => $"{Name}, {Text},",
            };

    /// <summary>The value as a whole number.</summary>
    /// <exception cref="InvalidOptionsException">It is none.</exception>
    public int Whole() =>
        int.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Refuse("is no whole number.");

    /// <summary>Refuses it, in one sentence that begins with it.</summary>
    /// <param name="rest">What is wrong, and the remedy.</param>
    /// <param name="inner">What said so; must not be given when it could show a secret.</param>
    public InvalidOptionsException Refuse(string rest, Exception? inner = null) =>
        new(Option.Name, Option.IsSecret ? "(hidden)" : Text, $"{this} {rest}", inner);

    /// <summary>Has whoever uses it look at it; what that refuses is said of the option as it was given.</summary>
    /// <exception cref="InvalidOptionsException">It cannot be used.</exception>
    public void Check(Action validate)
    {
        try
        {
            validate();
        }
        catch (InvalidOptionsException refused)
        {
            throw Refuse($"cannot be used. {refused.Message}");
        }
    }
}
