using System.CommandLine;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>The command line of train, without running it.</summary>
static class TrainLine
{
    public static RunOptions Read(params IReadOnlyList<string> line)
    {
        var arguments = new TrainArguments();
        var command = new Command("train") { arguments.Recipe };
        foreach (var option in arguments.All)
            command.Options.Add(option);
        var parse = command.Parse(line);
        Assert.Empty(parse.Errors);
        return arguments.Read(parse);
    }
}
