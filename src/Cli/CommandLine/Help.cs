using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace CoKe.Cli.CommandLine;

/// <summary>The help of a command: what it does, what people type, its own options; how silos are reached comes last.</summary>
/// <param name="shared">The options that every command takes.</param>
sealed class Help(IReadOnlyList<Option> shared) : SynchronousCommandLineAction
{
    const int Width = 100;

    const int WidestName = 30;

    /// <summary>Who asks for help need not give what a command requires.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parse)
    {
        var (command, to) = (parse.CommandResult.Command, parse.InvocationConfiguration.Output);
        foreach (var line in (command.Description ?? "").Split('\n'))
            Wrap(to, line, 0, 0);
        to.WriteLine();
        to.WriteLine("Examples:");
        foreach (var example in Examples.Of(command))
            to.WriteLine($"  {example}");
        var path = string.Join(' ', PathOf(command));
        var arguments = string.Concat(command.Arguments.Select(argument => $" {argument.HelpName ?? argument.Name}"));
        to.WriteLine();
        to.WriteLine($"Usage: {path}{(command.Subcommands.Count > 0 ? " [COMMAND]" : "")}{arguments} [options]");
        Section(to, "Commands", command.Subcommands.Select(one => (one.Name, one.Description ?? "")));
        Section(to, "Arguments", command.Arguments.Select(one => (one.HelpName ?? one.Name, one.Description ?? "")));
        Section(to, "Options", command.Options.Where(one => !one.Hidden && !shared.Contains(one)).Select(Line));
        if (command is RootCommand)
            Section(to, "Which silo, and how to answer: options of every command", shared.Select(Line));
        else
            to.WriteLine("\n'coke --help' has the options of every command: which silo is asked (--gateway, --data), --json, tokens, TLS.");
        return ExitCode.Done;
    }

    static IEnumerable<string> PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. PathOf(parent), command.Name] : ["coke"];

    static void Section(TextWriter to, string title, IEnumerable<(string Name, string Text)> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0)
            return;
        to.WriteLine();
        to.WriteLine($"{title}:");
        var width = Math.Min(WidestName, all.Max(line => line.Name.Length));
        foreach (var (name, text) in all)
        {
            to.Write($"  {name.PadRight(width)}  ");
            if (name.Length > width)
                to.Write($"\n{new string(' ', width + 4)}");
            Wrap(to, text, width + 4, width + 4);
        }
    }

    static (string Name, string Text) Line(Option option)
    {
        var value = option.ValueType == typeof(bool) ? "" : $" {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}";
        var given = option.HasDefaultValue && option.ValueType != typeof(bool) ? option.GetDefaultValue() : null;
        var text = given switch
        {
            null or Array => "",
            Enum one => $" [default: {one.ToString().ToLowerInvariant()}]",
            IFormattable number => $" [default: {number.ToString(null, CultureInfo.InvariantCulture)}]",
            _ => $" [default: {given}]",
        };
        return (option.Name + value, option.Description + text);
    }

    /// <summary>Words in lines of <see cref="Width"/>; the first line begins at a column, the others are indented.</summary>
    static void Wrap(TextWriter to, string text, int at, int indent)
    {
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at > indent && at + 1 + word.Length > Width)
            {
                to.Write($"\n{new string(' ', indent)}");
                at = indent;
            }

            to.Write(at > indent ? $" {word}" : word);
            at += word.Length + (at > indent ? 1 : 0);
        }

        to.WriteLine();
    }
}
