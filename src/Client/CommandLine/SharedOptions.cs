using System.CommandLine;
using CoKe.Client.Output;

namespace CoKe.Client.CommandLine;

/// <summary>The options that every command takes, and what follows from them.</summary>
sealed class SharedOptions(Terminal terminal)
{
    /// <summary>Where to write.</summary>
    public Terminal Terminal => terminal;

    /// <summary>--gateway.</summary>
    public Option<string[]> Gateways { get; } = new("--gateway")
    {
        Description = "Gateway of a running silo; repeat it for several. Default: localhost:30000, for 'cluster' and 'conformance' a silo inside this process.",
        HelpName = "HOST:PORT",
        Recursive = true,
    };

    /// <summary>--embedded.</summary>
    public Option<bool> Embedded { get; } = new("--embedded")
    {
        Description = "Start a silo inside this process instead of connecting to one; the default of 'cluster' and 'conformance'.",
        Recursive = true,
    };

    /// <summary>--json.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON to standard output, nothing else; progress goes to standard error.",
        Recursive = true,
    };

    /// <summary>Connects as the options say.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="embeddedByDefault">What to do when they say nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<Connection> ConnectAsync(ParseResult parse, bool embeddedByDefault, CancellationToken cancellation) =>
        Connection.OpenAsync(parse.GetValue(Gateways) ?? [], parse.GetValue(Embedded), embeddedByDefault, cancellation);

    /// <summary>Connects to a running silo and asks it something.</summary>
    public Func<ParseResult, CancellationToken, Task<int>> Asking(Func<Connection, ParseResult, bool, CancellationToken, Task> ask) => async (parse, cancellation) =>
    {
        await using var connection = await ConnectAsync(parse, embeddedByDefault: false, cancellation);
        await ask(connection, parse, parse.GetValue(Json), cancellation);
        return ExitCode.Done;
    };
}
