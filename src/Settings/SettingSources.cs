using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Settings;

/// <summary>Command line, environment and file, in this order; two options that say the same thing count as one.</summary>
public sealed class SettingSources
{
    // From the highest to the lowest.
    readonly (Source Source, Func<SettingOption, string?> Find)[] _sources;
    readonly Action<string> _warn;

    /// <summary>Takes all three.</summary>
    /// <param name="commandLine">Values by <see cref="SettingOption.Name"/>.</param>
    /// <param name="environment">Reads a variable; an empty one says nothing.</param>
    /// <param name="file">Reads the file; null: there is none.</param>
    /// <param name="warn">Told what is dangerous, but works; null: it goes to standard error.</param>
    public SettingSources(
        IReadOnlyDictionary<string, string> commandLine,
        Func<string, string?> environment,
        Func<SettingOption, string?>? file = null,
        Action<string>? warn = null
    )
    {
        _sources =
        [
            (Source.CommandLine, option => commandLine.GetValueOrDefault(option.Name)),
            (Source.Environment, option => environment(option.Variable) is { Length: > 0 } text ? text : null),
            (Source.File, option => file?.Invoke(option)),
        ];
        _warn = warn ?? (text => Console.Error.WriteLine(VisibleText.Sentence(text)));
    }

    /// <summary>What counts of an option; null: nobody says anything.</summary>
    public Setting? Find(SettingOption option)
    {
        foreach (var (source, find) in _sources)
            if (find(option) is { } text)
                return new Setting(option, text, source);
        return null;
    }

    /// <summary>What counts of two options that say the same thing.</summary>
    /// <exception cref="InvalidOptionsException">Both are given in one place.</exception>
    public Setting? Find(SettingOption option, SettingOption other)
    {
        var (first, second) = (Find(option), Find(other));
        if (first is null || second is null)
            return first ?? second;
        if (first.Source == second.Source)
            throw second.Refuse($"and {first.Name} say the same thing: give only one of them.");
        return first.Source > second.Source ? first : second;
    }

    /// <summary>A secret that is given itself, or by a file that holds it; without the white space around it.</summary>
    /// <returns>The secret and where it came from; null: neither is given.</returns>
    /// <exception cref="InvalidOptionsException">Both are given in one place, the file cannot be read, or there is nothing in
    /// it.</exception>
    public (string Text, Setting Setting)? Secret(SettingOption option, SettingOption file)
    {
        if (Find(option, file) is not { } setting)
            return null;
        var secret = (setting.Option == file ? Content(setting) : setting.Text).Trim();
        return secret.Length > 0
            ? (secret, setting)
            : throw setting.Refuse(
                setting.Option == file ? "is empty: write the secret into it." : "is empty: give it a value, or leave it out."
            );
    }

    /// <summary>A text that must say something.</summary>
    /// <exception cref="InvalidOptionsException">It is empty.</exception>
    public string? Text(SettingOption option)
    {
        if (Find(option) is not { } setting)
            return null;
        return string.IsNullOrWhiteSpace(setting.Text) ? throw setting.Refuse("is empty: give it a value, or leave it out.") : setting.Text;
    }

    string Content(Setting file)
    {
        const int Largest = 64 << 10; // characters
        try
        {
            using var reader = new StreamReader(file.Text);
            var text = new char[Largest + 1];
            var length = reader.ReadBlock(text);
            if (PrivateFiles.IsOpenToOthers(file.Text))
                _warn($"Warning: {file} can be read by other users of this machine: keep it to yourself by 'chmod 600 {file.Text}'.");
            return length <= Largest
                ? new string(text, 0, length)
                : throw file.Refuse("is too large to hold a secret: name the right file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw file.Refuse("cannot be read: name a file that this user may read.", e);
        }
    }
}
