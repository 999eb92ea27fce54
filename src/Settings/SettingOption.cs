using System.Globalization;

namespace CoKe.Settings;

/// <summary>One thing that a process can be told, by an argument, a variable of the environment, or a key of
/// <c>appsettings.json</c>.</summary>
/// <param name="Name">Without dashes, such as <c>silo-port</c>.</param>
/// <param name="Description">What the help says.</param>
/// <param name="Value">What the value is called in the help; null: the option is a switch.</param>
public sealed record SettingOption(string Name, string Description, string? Value = null)
{
    /// <summary>The section of <c>appsettings.json</c>.</summary>
    public const string Section = "Coke";

    /// <summary>What every variable begins with.</summary>
    public const string VariablePrefix = "COKE_";

    /// <summary>Its value is never shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>False: it is no argument, because everybody on the machine can read those.</summary>
    public bool IsArgument { get; init; } = true;

    /// <summary>It can be given several times, elsewhere as a list with commas.</summary>
    public bool IsList { get; init; }

    /// <summary>On the command line.</summary>
    public string Switch => $"--{Name}";

    /// <summary>In the environment.</summary>
    public string Variable { get; } = VariablePrefix + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>In <c>appsettings.json</c>, under <see cref="Section"/>.</summary>
    public string Key { get; } =
        string.Concat(Name.Split('-').Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..]));

    /// <summary>How a person is told to give it.</summary>
    public override string ToString() => IsArgument ? Switch : Variable;
}
