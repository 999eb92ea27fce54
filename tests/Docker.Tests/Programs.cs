using System.Diagnostics;
using System.Text.RegularExpressions;

namespace CoKe.Docker.Tests;

/// <summary>Programs, run to their end.</summary>
static partial class Programs
{
    /// <summary>The silo, as it was built last.</summary>
    public static string Silo { get; } =
        Directory.GetFiles(Repository.At("src/Silo/bin"), "CoKe.Silo.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)!;

    public static async Task<(int Exit, string Out, string Error)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        params (string Name, string Value)[] environment
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    /// <summary>The options of a program, with two dashes, by its help.</summary>
    public static async Task<HashSet<string>> OptionsAsync(params string[] command)
    {
        var (exit, help, error) = await RunAsync("dotnet", ["exec", .. command, "--help"]);
        Assert.True(exit == 0, error);
        return [.. Option().Matches(help).Select(match => match.Value)];
    }

    [GeneratedRegex("(?<=^ +(?:-., )?)--[a-z-]+", RegexOptions.Multiline)]
    private static partial Regex Option();
}
