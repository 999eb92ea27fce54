using System.CommandLine;
using System.Diagnostics;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>The command line of the demo: read in this process, or run as a program.</summary>
static class DemoCommandLine
{
    public static (DemoArguments Arguments, ParseResult Parse) Parse(string line)
    {
        var arguments = new DemoArguments();
        var command = new Command("demo");
        foreach (var option in arguments.All)
            command.Options.Add(option);
        return (arguments, command.Parse(line));
    }

    public static RunOptions Read(string line)
    {
        var (arguments, parse) = Parse(line);
        Assert.Empty(parse.Errors);
        return arguments.Read(parse);
    }

    public static Process Start(params string[] arguments) =>
        Process.Start(BuiltProgram.Start(Path.Combine(AppContext.BaseDirectory, "coke-train.dll"), ["demo", .. arguments]))!;

    /// <summary>Runs any command of the program to its end.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunProgramAsync(params string[] arguments)
    {
        using var program = Process.Start(BuiltProgram.Start(Path.Combine(AppContext.BaseDirectory, "coke-train.dll"), arguments))!;
        var error = program.StandardError.ReadToEndAsync();
        var output = await program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();
        return (program.ExitCode, output, await error);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Exit, string Error)> RunAsync(params string[] arguments)
    {
        using var demo = Start(arguments);
        var error = demo.StandardError.ReadToEndAsync();
        await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync();
        return (demo.ExitCode, await error);
    }
}
