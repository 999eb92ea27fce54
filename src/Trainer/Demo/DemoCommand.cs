using System.CommandLine;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Resume;

namespace CoKe.Trainer.Demo;

/// <summary>The command line of the demo.</summary>
static class DemoCommand
{
    public static Command Create()
    {
        var arguments = new DemoArguments();
        var command = new Command("demo", "Starts a silo in this process, trains a small convolutional net on real images without labels, and draws a report.");
        foreach (var option in arguments.All)
            command.Options.Add(option);
        command.SetAction(async (line, cancellation) =>
        {
            var folder = "";
            try
            {
                var options = arguments.Read(line);
                folder = options.Out;
                if (options.Start == DemoStart.Resumed && RunFolder.Find(folder) is { } run && RunFolder.IsComplete(folder, run))
                {
                    await Console.Out.WriteLineAsync($"The run in {folder} is finished, there is nothing to go on with. Report: {RunFolder.ReportOf(folder)}");
                    return 0;
                }

                await new DemoRun(options, DemoScreen.OfTerminal()).RunAsync(cancellation);
                return 0;
            }
            catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(e.Message);
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
