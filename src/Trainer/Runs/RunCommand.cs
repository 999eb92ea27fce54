using System.CommandLine;
using CoKe.ConstrainedKMeans;
using CoKe.Session;
using CoKe.Trainer.Resume;
using Orleans.Runtime;

namespace CoKe.Trainer.Runs;

/// <summary>What a command that trains does, whatever its options are.</summary>
static class RunCommand
{
    /// <summary>Reads the options, runs, and says in one line what went wrong.</summary>
    /// <param name="command">The command, whose name a person continues with.</param>
    /// <param name="read">Makes options of the command line.</param>
    public static void Act(Command command, Func<ParseResult, RunOptions> read) => command.SetAction(async (line, cancellation) =>
    {
        var folder = "";
        try
        {
            var options = read(line);
            folder = options.Out;
            if (options.Start == RunStart.Resumed && RunFolder.Find(folder) is { } run && RunFolder.IsComplete(folder, run))
            {
                await Console.Out.WriteLineAsync($"The run in {folder} is finished, there is nothing to go on with. Report: {RunFolder.ReportOf(folder)}");
                return 0;
            }

            await new TrainingRun(options, RunScreen.OfTerminal()).RunAsync(cancellation);
            return 0;
        }
        catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e is RunUnreachableException ? $"{e.Message} Go on with: {command.Name} --resume {folder}" : e.Message);
            return 1;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // A call that nothing repeats, at the very beginning: a session waits longer.
            await Console.Error.WriteLineAsync($"The silos went away or stay silent ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}): see that they run, then repeat the command.");
            return 1;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(RunFolder.IsUnfinished(folder) ? $"Stopped. Go on with: {command.Name} --resume {folder}" : "Stopped before anything was written.");
            return 130;
        }
    });
}
