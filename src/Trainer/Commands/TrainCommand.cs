using System.CommandLine;

namespace CoKe.Trainer.Commands;

/// <summary>The command line of training by a recipe.</summary>
static class TrainCommand
{
    public static Command Create()
    {
        var arguments = new TrainArguments();
        var command = new Command("train", "Trains by a recipe, and clusters on a silo in this process or on running ones.")
        {
            arguments.Recipe,
        };
        foreach (var option in arguments.All)
            command.Options.Add(option);
        RunCommand.Act(command, arguments.Run, arguments.Read);
        return command;
    }
}
