using System.Globalization;

namespace CoKe.Silo.Settings;

/// <summary>One thing that can be told to a silo, in three ways.</summary>
/// <param name="Name">Without dashes, such as <c>silo-port</c>.</param>
/// <param name="Description">One sentence for the help.</param>
/// <param name="Value">What the value is called in the help; null: the option is a switch.</param>
/// <param name="IsSecret">Its value must never be shown.</param>
internal sealed record SiloOption(string Name, string Description, string? Value = null, bool IsSecret = false)
{
    /// <summary>The section of <c>appsettings.json</c>.</summary>
    public const string Section = "Coke";

    public const string VariablePrefix = "COKE_";

    /// <summary>On the command line.</summary>
    public string Switch => $"--{Name}";

    /// <summary>In the environment.</summary>
    public string Variable { get; } = VariablePrefix + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>In <c>appsettings.json</c>, under <see cref="Section"/>.</summary>
    public string Key { get; } = string.Concat(Name.Split('-').Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..]));
}
