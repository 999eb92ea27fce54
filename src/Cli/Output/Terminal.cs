using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Display;
using Spectre.Console;

namespace CoKe.Cli.Output;

/// <summary>
/// Where a command writes: results to standard output, either tables for people or JSON for programs; progress and errors to standard
/// error, so that standard output stays clean. What silos and files say is shown and steers nothing (<see cref="VisibleWriter"/>).
/// </summary>
sealed class Terminal
{
    // A pipe has no width; tables must not wrap there.
    const int PipeWidth = 200;

    static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NumberHandling = JsonNumberHandling.Strict,
    };

    readonly TextReader? _person;

    /// <summary>Writes to the given writers; each is treated as a pipe unless it is said to be a terminal.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="outputIsTerminal">A person watches standard output.</param>
    /// <param name="errorIsTerminal">A person watches standard error.</param>
    /// <param name="person">Standard input when a person sits there; else null.</param>
    public Terminal(
        TextWriter output,
        TextWriter error,
        bool outputIsTerminal = false,
        bool errorIsTerminal = false,
        TextReader? person = null
    )
    {
        _person = person;
        (Out, Error, IsInteractive, ErrorIsTerminal) = (
            new VisibleWriter(output),
            new VisibleWriter(error),
            outputIsTerminal,
            errorIsTerminal
        );
        Help = output;
        Console = ConsoleOf(output, outputIsTerminal);
        Progress = ConsoleOf(error, errorIsTerminal);
    }

    /// <summary>Standard output.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output, for this program's own texts of several lines.</summary>
    public TextWriter Help { get; }

    /// <summary>True when a person watches standard output.</summary>
    public bool IsInteractive { get; }

    /// <summary>True when a person watches standard error.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Standard output, for tables.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error, for progress.</summary>
    public IAnsiConsole Progress { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() =>
        new(
            System.Console.Out,
            System.Console.Error,
            !System.Console.IsOutputRedirected,
            !System.Console.IsErrorRedirected,
            System.Console.IsInputRedirected || System.Console.IsErrorRedirected ? null : System.Console.In
        );

    /// <summary>Asks whoever sits there; the question goes to standard error.</summary>
    /// <returns>True only for yes; null when nobody can be asked.</returns>
    public bool? Confirm(string question)
    {
        if (_person is null)
            return null;
        Error.Write($"{question} [y/N] ");
        Error.Flush();
        return _person.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>One value as one line of JSON on standard output, names in snake_case.</summary>
    public void WriteJson<T>(T value) => Out.WriteLine(JsonSerializer.Serialize(value, Format));

    static IAnsiConsole ConsoleOf(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            }
        );
        if (!isTerminal)
            console.Profile.Width = PipeWidth;
        return VisibleConsole.Guarded(console);
    }
}
