using System.CommandLine;
using CoKe.ConstrainedKMeans;
using CoKe.Session;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Runs;
using Orleans.Runtime;

namespace CoKe.Trainer.Demo;

/// <summary>The command line of the demo.</summary>
static class DemoCommand
{
    public static Command Create()
    {
        var arguments = new DemoArguments();
        var command = new Command("demo", "Starts a silo in this process or connects to running ones, trains a small convolutional net on real images without labels, and draws a report.");
        foreach (var option in arguments.All)
            command.Options.Add(option);
        command.SetAction(async (line, cancellation) =>
        {
            var folder = "";
            try
            {
                var options = arguments.Read(line);
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
                await Console.Error.WriteLineAsync(e is RunUnreachableException ? $"{e.Message} Go on with: demo --resume {folder}" : e.Message);
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
                await Console.Error.WriteLineAsync(RunFolder.IsUnfinished(folder) ? $"Stopped. Go on with: demo --resume {folder}" : "Stopped before anything was written.");
                return 130;
            }
        });
        return command;
    }
}
