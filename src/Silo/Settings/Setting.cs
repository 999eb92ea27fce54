using CoKe.ConstrainedKMeans;

namespace CoKe.Silo.Settings;

/// <summary>Where a setting came from; the higher one counts.</summary>
internal enum Source
{
    Default,
    SettingsFile,
    Environment,
    CommandLine,
}

/// <summary>A value, and how the person who gave it wrote it.</summary>
internal sealed record Setting(SiloOption Option, string Text, Source Source)
{
    /// <summary>As it was written, without its value.</summary>
    public string Name => Source switch
    {
        Source.CommandLine => Option.Switch,
        Source.Environment => Option.Variable,
        _ => $"{SiloOption.Section}:{Option.Key} of {SettingSources.FileName}",
    };

    /// <summary>As it was written; a secret stays hidden.</summary>
    public override string ToString() => Option.IsSecret || Option.Value is null ? Name : Source switch
    {
        Source.CommandLine => $"{Name} {Text}",
        Source.Environment => $"{Name}={Text}",
        _ => $"{Name}, {Text},",
    };

    /// <summary>Refuses it, in one sentence that begins with it.</summary>
    /// <param name="rest">What is wrong, and the remedy.</param>
    /// <param name="inner">What said so; must not be given when it could show a secret.</param>
    public InvalidOptionsException Refuse(string rest, Exception? inner = null) => new(Option.Name, Option.IsSecret ? "(hidden)" : Text, $"{this} {rest}", inner);
}
