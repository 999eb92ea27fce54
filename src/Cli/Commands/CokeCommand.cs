using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using CoKe.Abstractions.Storage;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;
using CoKe.Errors;

namespace CoKe.Cli.Commands;

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
            return Refuse($"{ParseComplaint.Of(parse)} See 'coke {string.Join(' ', CommandPath(parse))}--help'.");
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = terminal.Help,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
            };
            return await parse.InvokeAsync(configuration, cancellation);
        }
        catch (StorageRefusedException e)
        {
            return Refuse(e.Message, ExitCode.StorageRefused);
        }
        catch (CokeException e)
        {
            return Refuse(Advice.Of(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return Refuse($"The silo did not answer: {e.Message}");
        }
        catch (Exception e) when (IsOutOfMemory(e))
        {
            var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            return Refuse(
                $"There was not enough memory, of which this process may use {limit:N0} bytes: "
                    + "take fewer rows or clusters, or give it more."
            );
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }

        int Refuse(string message, int exitCode = ExitCode.Refused)
        {
            terminal.Error.WriteLine(VisibleText.Sentence(message));
            return exitCode;
        }
    }

    // What happens in threads of their own comes wrapped.
    static bool IsOutOfMemory(Exception? e) =>
        e is OutOfMemoryException
        || (e is AggregateException many && many.InnerExceptions.Any(IsOutOfMemory))
        || (e?.InnerException is { } inner && IsOutOfMemory(inner));

    /// <summary>All commands.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        var shared = new SharedOptions(terminal);
        var root = new RootCommand(
            "coke: looks into CoKe runs, clusters ready-made features, and checks an implementation against golden files.\n"
                + "Exit codes: 0 done, 1 a comparison found differences or the database was refused, 2 input refused or no silo, "
                + "3 done but a minimum size is missed (cluster --strict), "
                + "4 done but an alarm stands (cluster and stats --fail-on-alarm), 130 interrupted."
        )
        {
            RunsCommand.Create(shared),
            StatsCommand.Create(shared),
            ClustersCommand.Create(shared),
            ClusterInfoCommand.Create(shared),
            WatchCommand.Create(shared),
            ClusterCommand.Create(shared),
            ExportCommand.Create(shared),
            AssignCommand.Create(shared),
            ConformanceCommand.Create(shared),
        };
        foreach (var option in shared.All)
            root.Options.Add(option);
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new Help([.. shared.All]);
        return root;
    }

    static IEnumerable<string> CommandPath(ParseResult parse)
    {
        var names = new List<string> { "" };
        for (SymbolResult? at = parse.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
            names.Insert(0, command.Command.Name);
        return names;
    }
}
