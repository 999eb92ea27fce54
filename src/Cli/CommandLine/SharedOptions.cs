using System.CommandLine;
using CoKe.Abstractions.Storage;
using CoKe.Cli.Output;
using CoKe.Connections;
using CoKe.Settings;

namespace CoKe.Cli.CommandLine;

/// <summary>The options that every command takes, and what follows from them.</summary>
sealed class SharedOptions(Terminal terminal)
{
    /// <summary>Where to write.</summary>
    public Terminal Terminal => terminal;

    /// <summary>--gateway, and what silos ask of who connects.</summary>
    public SettingArguments Gateways { get; } =
        GatewaySettings.Arguments(
            "Gateway of a running silo; repeat it for several. Default: COKE_GATEWAY, else localhost:30000; "
                + "for 'conformance' a silo inside this process, for 'cluster' none.",
            isRecursive: true
        );

    /// <summary>--embedded.</summary>
    public Option<bool> Embedded { get; } =
        new("--embedded")
        {
            Description = "Start a silo inside this process instead of connecting to one; the default of 'conformance'.",
            Recursive = true,
        };

    /// <summary>--data.</summary>
    public Option<string?> Data { get; } =
        new("--data")
        {
            Description =
                "Start a silo inside this process on this database: a file, or a folder for it. Default of --embedded: "
                + $"{CokeStorage.DefaultPath}; for 'conformance' memory.",
            HelpName = "DIR|FILE",
            Recursive = true,
        };

    /// <summary>--memory.</summary>
    public Option<bool> Memory { get; } =
        new("--memory") { Description = "Start a silo inside this process that keeps nothing.", Recursive = true };

    /// <summary>--json.</summary>
    public Option<bool> Json { get; } =
        new("--json") { Description = "Write JSON to standard output, nothing else; progress goes to standard error.", Recursive = true };

    /// <summary>Every shared option.</summary>
    public IEnumerable<Option> All => [.. Gateways.All, Embedded, Data, Memory, Json];

    /// <summary>Connects as the options say.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="need">What the command needs, where they say nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<Connection> ConnectAsync(ParseResult parse, SiloNeed need, CancellationToken cancellation) =>
        Choice(parse).OpenAsync(need, cancellation);

    /// <summary>Which silo the command line asks for.</summary>
    public SiloChoice Choice(ParseResult parse) =>
        new(Gateways.Read(parse), parse.GetValue(Embedded), parse.GetValue(Data), parse.GetValue(Memory));

    /// <summary>Connects to the silo whose runs are meant and asks it something.</summary>
    public Func<ParseResult, CancellationToken, Task<int>> Asking(Func<Connection, ParseResult, bool, CancellationToken, Task> ask) =>
        async (parse, cancellation) =>
        {
            await using var connection = await ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
            await ask(connection, parse, parse.GetValue(Json), cancellation);
            return ExitCode.Done;
        };

    /// <summary>As above, where the answer decides the exit code.</summary>
    public Func<ParseResult, CancellationToken, Task<int>> Judging(Func<Connection, ParseResult, bool, Task<int>> ask) =>
        async (parse, cancellation) =>
        {
            await using var connection = await ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
            return await ask(connection, parse, parse.GetValue(Json));
        };
}
