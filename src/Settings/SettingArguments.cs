using System.CommandLine;

namespace CoKe.Settings;

/// <summary>Options as arguments of a command.</summary>
public sealed class SettingArguments
{
    readonly List<Option> _all = [];
    readonly List<(SettingOption Option, Func<ParseResult, string?> Read)> _readers = [];

    /// <summary>Makes an argument of each option that may be one.</summary>
    /// <param name="options">The options, in the order of the help.</param>
    /// <param name="isRecursive">Commands below the command take them too.</param>
    public SettingArguments(IEnumerable<SettingOption> options, bool isRecursive = false)
    {
        foreach (var option in options.Where(option => option.IsArgument))
        {
            if (option.Value is null)
            {
                var flag = Add(option, new Option<bool>(option.Switch), isRecursive);
                _readers.Add((option, parse => parse.GetResult(flag) is { Implicit: false } ? $"{parse.GetValue(flag)}" : null));
            }
            else if (option.IsList)
            {
                var texts = Add(option, new Option<string[]>(option.Switch), isRecursive);
                _readers.Add((option, parse => parse.GetValue(texts) is { Length: > 0 } values ? string.Join(',', values) : null));
            }
            else
            {
                var text = Add(option, new Option<string?>(option.Switch), isRecursive);
                _readers.Add((option, parse => parse.GetValue(text)));
            }
        }
    }

    /// <summary>For the command.</summary>
    public IReadOnlyList<Option> All => _all;

    /// <summary>What was given, by <see cref="SettingOption.Name"/>.</summary>
    public IReadOnlyDictionary<string, string> Read(ParseResult parse) =>
        _readers
            .Select(reader => (reader.Option.Name, Text: reader.Read(parse)))
            .Where(pair => pair.Text is not null)
            .ToDictionary(pair => pair.Name, pair => pair.Text!);

    T Add<T>(SettingOption option, T argument, bool isRecursive)
        where T : Option
    {
        (argument.Description, argument.HelpName, argument.Recursive) = (option.Description, option.Value, isRecursive);
        _all.Add(argument);
        return argument;
    }
}
