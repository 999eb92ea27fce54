using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Silo.Settings;

/// <summary><c>appsettings.json</c> of the folder that the silo is started in. What it says of others than <c>Coke</c> does not
/// count.</summary>
sealed class SettingsFile
{
    // Many times what all options take, and nothing that would be felt in memory.
    const long MostBytes = 1 << 20;

    readonly IConfigurationSection _section;

    /// <exception cref="InvalidOptionsException">The file is damaged, or says something that no option is.</exception>
    public SettingsFile(string folder)
    {
        var path = Path.Combine(Path.GetFullPath(folder), Setting.FileName);
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length > MostBytes)
                throw new InvalidDataException($"it has more than {MostBytes} bytes");
            _section = new ConfigurationBuilder()
                .SetBasePath(Path.GetFullPath(folder))
                .AddJsonFile(Setting.FileName, optional: true)
                .Build()
                .GetSection(SettingOption.Section);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            var reason = (e.InnerException?.InnerException ?? e.InnerException ?? e).Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new InvalidOptionsException(
                Setting.FileName,
                Setting.FileName,
                $"{Setting.FileName} cannot be read: {reason}. Mend it, or start the silo in another folder."
            );
        }

        // A key that is misspelt would otherwise be silence.
        foreach (var key in _section.GetChildren())
        {
            var name = $"{SettingOption.Section}:{key.Key} of {Setting.FileName}";
            if (SiloOptions.All.All(option => !option.Key.Equals(key.Key, StringComparison.OrdinalIgnoreCase)))
                throw new InvalidOptionsException(
                    key.Key,
                    "",
                    NearestWord.Of(key.Key, SiloOptions.All.Select(option => option.Key)) is { } nearest
                        ? $"{name} is no option: the nearest is {nearest}."
                        : $"{name} is no option: use one of {string.Join(", ", SiloOptions.All.Select(option => option.Key))}."
                );
            if (key.GetChildren().Any())
                throw new InvalidOptionsException(key.Key, "", $"{name} is no single value: write a text, a number or true.");
        }
    }

    /// <summary>What it says of an option; null: nothing.</summary>
    public string? Find(SettingOption option) => _section[option.Key];
}
