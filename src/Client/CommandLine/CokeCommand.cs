using System.CommandLine;
using CoKe.Client.Commands;
using CoKe.Client.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.CommandLine;

/// <summary>The command line of <c>coke</c>.</summary>
static class CokeCommand
{
    /// <summary>Parses and runs one command. Input that is refused ends as one line on standard error.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation = default)
    {
        var parse = Create(terminal).Parse(args);
        if (parse.Errors.Count > 0)
        {
            return Refuse($"{parse.Errors[0].Message.TrimEnd()} See 'coke {string.Join(' ', CommandPath(parse))}--help'.");
        }

        try
        {
            var configuration = new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false };
            return await parse.InvokeAsync(configuration, cancellation);
        }
        catch (CokeException e)
        {
            return Refuse(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return Refuse($"The silo did not answer: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }

        int Refuse(string message)
        {
            terminal.Error.WriteLine(message.ReplaceLineEndings(" "));
            return ExitCode.Refused;
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        var shared = new SharedOptions(terminal);
        return new RootCommand("coke: looks into CoKe runs, clusters ready-made features, and checks an implementation against golden files.\n"
            + "Exit codes: 0 done, 1 a comparison found differences, 2 input refused or no silo, 130 interrupted.")
        {
            shared.Gateways,
            shared.Embedded,
            shared.Json,
            RunsCommand.Create(shared),
            StatsCommand.Create(shared),
            ClustersCommand.Create(shared),
            ClusterInfoCommand.Create(shared),
            WatchCommand.Create(shared),
            ClusterCommand.Create(shared),
            ConformanceCommand.Create(shared),
        };
    }

    static IEnumerable<string> CommandPath(ParseResult parse) =>
        parse.CommandResult.Command is RootCommand ? [] : [parse.CommandResult.Command.Name, ""];
}
