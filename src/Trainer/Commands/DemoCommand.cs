using System.CommandLine;

namespace CoKe.Trainer.Commands;

/// <summary>The command line of the demo.</summary>
static class DemoCommand
{
    public static Command Create()
    {
        var arguments = new DemoArguments();
        var command = new Command(
            "demo",
            "Starts a silo in this process or connects to running ones, trains a small convolutional net on real images without labels, "
                + "and draws a report."
        );
        foreach (var option in arguments.All)
            command.Options.Add(option);
        RunCommand.Act(command, arguments.Run, arguments.Read);
        return command;
    }
}
