using CoKe.ConstrainedKMeans;
using Microsoft.Extensions.Configuration.Memory;

namespace CoKe.Silo.Settings;

/// <summary>Command line, environment and <c>appsettings.json</c>, in this order; an option's two ways to say the same thing count as one.</summary>
internal sealed class SettingSources
{
    public const string FileName = "appsettings.json";

    // From the highest to the lowest.
    readonly (Source Source, IConfigurationProvider Provider)[] _providers;

    /// <summary>Reads all three.</summary>
    /// <param name="commandLine">Values by <see cref="SiloOption.Name"/>.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="folder">Where <c>appsettings.json</c> may lie.</param>
    /// <exception cref="InvalidOptionsException">The file is damaged, or says something that no option is.</exception>
    public SettingSources(IReadOnlyDictionary<string, string> commandLine, Func<string, string?> environment, string folder)
    {
        var variables = SiloOptions.All.Select(option => (option.Key, Value: environment(option.Variable))).Where(pair => !string.IsNullOrEmpty(pair.Value));
        var configuration = Load(new ConfigurationBuilder().SetBasePath(Path.GetFullPath(folder)).AddJsonFile(FileName, optional: true)
            .Add(Of(variables.Select(pair => (pair.Key, pair.Value!))))
            .Add(Of(SiloOptions.All.Where(option => commandLine.ContainsKey(option.Name)).Select(option => (option.Key, commandLine[option.Name])))));
        _providers = [.. configuration.Providers.Select((provider, i) => ((Source)(i + 1), provider)).Reverse()];
        CheckKeys(configuration);
    }

    /// <summary>What counts of an option; null: nobody says anything.</summary>
    public Setting? Find(SiloOption option)
    {
        foreach (var (source, provider) in _providers)
            if (provider.TryGet($"{SiloOption.Section}:{option.Key}", out var text) && text is not null) return new Setting(option, text, source);
        return null;
    }

    /// <summary>What counts of two options that say the same thing.</summary>
    /// <exception cref="InvalidOptionsException">Both are given in one place.</exception>
    public Setting? Find(SiloOption option, SiloOption other)
    {
        var (first, second) = (Find(option), Find(other));
        if (first is null || second is null) return first ?? second;
        if (first.Source == second.Source) throw second.Refuse($"and {first.Name} say the same thing: give only one of them.");
        return first.Source > second.Source ? first : second;
    }

    static MemoryConfigurationSource Of(IEnumerable<(string Key, string Value)> pairs) =>
        new() { InitialData = pairs.Select(pair => KeyValuePair.Create($"{SiloOption.Section}:{pair.Key}", (string?)pair.Value)) };

    static IConfigurationRoot Load(IConfigurationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            var reason = (e.InnerException?.InnerException ?? e.InnerException ?? e).Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new InvalidOptionsException(FileName, FileName, $"{FileName} cannot be read: {reason}. Mend it, or start the silo in another folder.");
        }
    }

    // A key that is misspelt would otherwise be silence.
    static void CheckKeys(IConfigurationRoot configuration)
    {
        foreach (var key in configuration.GetSection(SiloOption.Section).GetChildren())
        {
            var name = $"{SiloOption.Section}:{key.Key} of {FileName}";
            if (SiloOptions.All.All(option => !option.Key.Equals(key.Key, StringComparison.OrdinalIgnoreCase)))
                throw new InvalidOptionsException(key.Key, "", $"{name} is no option: use one of {string.Join(", ", SiloOptions.All.Select(option => option.Key))}.");
            if (key.GetChildren().Any()) throw new InvalidOptionsException(key.Key, "", $"{name} is no single value: write a text, a number or true.");
        }
    }
}
